import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BUSYBOX_BINARY } from './busybox.ts'
import { isInstalled, PATH } from './commands.ts'
import { createBridge } from './docker-bridge.ts'
import { answersPing, type Docker, dockerOn, importBusybox } from './docker-command.ts'
import { removeLeftovers } from './docker-leftovers.ts'
import { persist } from './persisting.ts'

const START_MS = 30_000
const POLL_MS = 25
const STOP_MS = 30_000
/** Whom root in a container of a remapping dockerd is outside. */
export const REMAPPED_FIRST = 200_000
const REMAPPED_USER = 'nobody'
const CAP_NET_ADMIN = 12n
const CAP_SYS_ADMIN = 21n

export interface DockerdOptions {
  /** A folder of the daemon's own, whose name is its cgroup's too; made at the start, removed at the end. */
  readonly root: string
  readonly socketPath: string
  /** With a bridge `-p` publishes ports, by docker-proxy; without, containers have the network host, none or another's. */
  readonly bridge?: boolean
  /** Puts the daemon into a node of its own, where it may make rules and a bridge as it likes; ended by that node's end. */
  readonly inside?: { readonly enter: readonly string[]; readonly userlandProxy: boolean }
  /** With userns-remap: containers have mapped users unless they opt out. */
  readonly remapUsers?: boolean
}

/** A dockerd of our own, which touches no rule, bridge, cgroup or folder of anybody else. */
export interface Dockerd {
  readonly pid: number
  readonly socketPath: string
  readonly docker: Docker
  /** `docker run --detach`; gives the container's full id. */
  run(...args: readonly string[]): Promise<string>
  /** Kills and removes a container. */
  remove(container: string): Promise<void>
  /** Removes every container, ends the daemon and removes all that it made. */
  stop(): Promise<void>
}

/** Says why no dockerd of our own can run here, or false when one can. */
export function whyNoDockerd(): string | false {
  if (process.getuid?.() !== 0) return 'starting dockerd needs root'
  if (!holds(CAP_NET_ADMIN) || !holds(CAP_SYS_ADMIN)) return 'starting dockerd needs CAP_NET_ADMIN and CAP_SYS_ADMIN'
  const missing = ['dockerd', 'docker', 'setpriv', 'ip', BUSYBOX_BINARY].filter((command) => !isInstalled(command))
  return missing.length > 0 && `not installed: ${missing.join(', ')}`
}

/** Root in a container is often without them; capabilities(7), proc(5). */
function holds(capability: bigint): boolean {
  const mask = /^CapEff:\s*(?<mask>[0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.groups?.['mask']
  return (BigInt(`0x${mask ?? 0}`) & (1n << capability)) !== 0n
}

/** Starts a dockerd of our own and waits until it answers; its only image is busybox. */
export async function startPrivateDockerd(options: DockerdOptions): Promise<Dockerd> {
  const { root, socketPath } = options
  await removeLeftovers(root)
  // Whom root in a container is mapped to must get through to its files.
  await mkdir(root, { recursive: true, mode: 0o700 })
  await chmod(root, options.remapUsers === true ? 0o711 : 0o700)
  const bridge = options.bridge === true && options.inside === undefined ? await createBridge(root) : 'none'
  const child = spawnDockerd(options, bridge)
  const docker = dockerOn(socketPath)
  const stop = async () => {
    await endDaemon(child)
    await removeLeftovers(root)
    await rm(socketPath, { force: true })
  }
  try {
    await waitForAnswer(options, child)
    await importBusybox(docker, 'busybox')
  } catch (error) {
    await stop()
    throw error
  }
  return {
    pid: child.pid ?? 0,
    socketPath,
    docker,
    run: (...args) => docker('run', '--detach', ...args),
    remove: async (container) => void (await docker('rm', '--force', '--volumes', container)),
    stop: async () => {
      if (await answersPing(socketPath)) await persist(() => removeContainers(docker))
      await stop()
    },
  }
}

/**
 * The daemon leads a session of its own, so that a Ctrl-C meant for us does not end it before we have tidied up, and
 * gets SIGTERM when we die. Its cgroup parent ends in `docker`: containers sit in `…/docker/<id>` as everywhere.
 */
function spawnDockerd({ root, socketPath, remapUsers, inside }: DockerdOptions, bridge: string): ChildProcess {
  writeFileSync(join(root, 'daemon.json'), '{}')
  const log = openSync(join(root, 'log'), 'a', 0o600)
  const [command = '', ...inFront] = remapUsers === true ? remapping(root) : [...(inside?.enter ?? []), 'setpriv']
  const network =
    inside === undefined
      ? ['--bridge', bridge, '--iptables=false', '--ip6tables=false', '--ip-masq=false', '--ip-forward=false']
      : [`--userland-proxy=${inside.userlandProxy}`]
  const child = spawn(
    command,
    [...inFront, '--pdeathsig', 'TERM', 'dockerd', '--config-file', join(root, 'daemon.json')].concat(
      ['--data-root', join(root, 'data'), '--exec-root', join(root, 'exec'), '--pidfile', join(root, 'pid')],
      ['--host', `unix://${socketPath}`, '--cgroup-parent', `/${basename(root)}/docker`, ...network],
      ['--exec-opt', 'native.cgroupdriver=cgroupfs'],
      remapUsers === true ? ['--userns-remap', `${REMAPPED_USER}:nogroup`] : [],
    ),
    { env: { ...process.env, PATH }, stdio: ['ignore', log, log], detached: true },
  )
  closeSync(log)
  return child
}

/** The machine's own subuid(5) stays as it is: the daemon alone sees this one in its place. */
function remapping(root: string): string[] {
  const ids = join(root, 'subids')
  writeFileSync(ids, `${REMAPPED_USER}:${REMAPPED_FIRST}:65536\n`)
  const mounts = 'mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && exec setpriv "$@"'
  return ['unshare', '--mount', 'sh', '-c', mounts, ids]
}

async function endDaemon(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await ended
  clearTimeout(impatience)
}

async function waitForAnswer({ root, socketPath }: DockerdOptions, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS
  while (!(await answersPing(socketPath))) {
    if (child.exitCode === null && Date.now() < deadline) await delay(POLL_MS)
    else
      throw new Error(
        `dockerd does not answer on ${socketPath}: ${(await readFile(join(root, 'log'), 'utf8')).slice(-2000)}`,
      )
  }
}

async function removeContainers(docker: Docker): Promise<void> {
  const ids = (await docker('ps', '--all', '--quiet', '--no-trunc')).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await docker('rm', '--force', '--volumes', ...ids)
}
