import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'
import { BUSYBOX_BINARY, layOutBusybox } from './busybox.ts'
import { isInstalled, PATH } from './commands.ts'
import { CNI_PLUGINS, network } from './containerd-config.ts'
import { removeCniLeftovers } from './containerd-leftovers.ts'
import { until } from './containerd-until.ts'
import { createBridge, makeBridge } from './docker-bridge.ts'
import { answersPing } from './docker-command.ts'
import { removeLeftovers } from './docker-leftovers.ts'
import { persist } from './persisting.ts'

const IMAGE = 'localhost/busybox:1'

/** A podman of our own, which touches no storage, rule, bridge or cgroup of anybody else. */
export interface Podman {
  readonly socketPath: string
  podman(...args: readonly string[]): Promise<string>
  /** `podman pod create`; gives the pod's id. Its containers are made by `run('--pod', …)`. */
  createPod(...args: readonly string[]): Promise<string>
  /** `podman run --detach`, of a container that sleeps; gives its full id. */
  run(...args: readonly string[]): Promise<string>
  /** Ends the service as a crash does; containers run on. */
  crash(): Promise<void>
}

/** Says why no podman of our own can run here, or false when one can. */
export function whyNoPodman(): string | false {
  if (process.getuid?.() !== 0) return 'podman with namespaces of its own needs root'
  const needed = ['podman', 'conmon', 'runc', 'catatonit', 'setpriv', 'ip', 'iptables', `${CNI_PLUGINS}/portmap`]
  const missing = [...needed, BUSYBOX_BINARY].filter((command) => !isInstalled(command))
  return missing.length > 0 && `not installed: ${missing.join(', ')}`
}

/**
 * Starts `podman system service` for one test, whose only image is busybox; it ends with the test, with its containers,
 * their namespaces, addresses and rules. Skip with `whyNoPodman()`.
 *
 * @param enter puts it into a node of its own, where its containers, bridge and rules are nobody else's
 */
export async function startPodman(t: Test, enter: readonly string[] = []): Promise<Podman> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  const socketPath = join(root, 'p.sock')
  const env = await configure(root, await (enter.length === 0 ? createBridge(root) : makeBridge(enter)))
  const [command = '', ...inFront] = [...enter, 'podman', ...optionsOf(root)]
  const podman = async (...args: readonly string[]) => {
    const { stdout } = await execa(command, [...inFront, ...args], { env })
    return stdout.trim()
  }
  const parent = ['--cgroup-parent', `/${basename(root)}/libpod_parent`]
  const child = spawnService(root, socketPath, env, enter)
  t.teardown(async () => {
    await persist(() => removeContainers(podman))
    await end(child)
    await removeLeftovers(root)
    await removeCniLeftovers()
  })
  await importImage(root, podman)
  await until(
    () => answersPing(socketPath),
    () => readFile(join(root, 'log'), 'utf8'),
  )
  return {
    socketPath,
    podman,
    createPod: (...args) => podman('pod', 'create', ...parent, ...args),
    run: (...args) => podman('run', '--detach', ...(args.includes('--pod') ? [] : parent), ...args, IMAGE),
    crash: () => end(child),
  }
}

/** Raising limits needs CAP_SYS_RESOURCE, which root in a sandbox lacks, and crun refuses hybrid cgroups. */
async function configure(root: string, bridge: string): Promise<Record<string, string>> {
  await mkdir(join(root, 'net'))
  await writeFile(join(root, 'net/87-podman.conflist'), JSON.stringify({ ...network(root, bridge), name: 'podman' }))
  const file = join(root, 'containers.conf')
  const containers = '[containers]\ndefault_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]\n'
  await writeFile(file, `${containers}[network]\nnetwork_backend = "cni"\ncni_plugin_dirs = ["${CNI_PLUGINS}"]\n`)
  return { PATH, CONTAINERS_CONF: file }
}

function optionsOf(root: string): string[] {
  return [
    ...['--root', join(root, 'data'), '--runroot', join(root, 'run'), '--tmpdir', join(root, 'tmp')],
    ...['--network-config-dir', join(root, 'net'), '--runtime', 'runc', '--cgroup-manager', 'cgroupfs'],
    ...['--events-backend', 'file', '--storage-driver', 'vfs'],
  ]
}

function spawnService(
  root: string,
  socketPath: string,
  env: Record<string, string>,
  enter: readonly string[],
): ChildProcess {
  const log = openSync(join(root, 'log'), 'a', 0o600)
  const service = ['podman', ...optionsOf(root), 'system', 'service', '--time', '0', `unix://${socketPath}`]
  const [command = '', ...inFront] = [...enter, 'setpriv', '--pdeathsig', 'TERM', ...service]
  const child = spawn(command, inFront, {
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** A container on whose namespaces another one depends is removed with it: the later ids may be gone already. */
async function removeContainers(podman: Podman['podman']): Promise<void> {
  await podman('pod', 'rm', '--all', '--force', '--time', '0')
  const ids = (await podman('ps', '--all', '--quiet', '--no-trunc')).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await podman('rm', '--force', '--depend', '--ignore', '--time', '0', ...ids)
}

async function importImage(root: string, podman: Podman['podman']): Promise<void> {
  await layOutBusybox(join(root, 'rootfs'))
  await execa('tar', ['--create', '--file', join(root, 'image.tar'), '--directory', join(root, 'rootfs'), '.'])
  await podman('import', '--change', 'CMD ["sleep","2147483647"]', join(root, 'image.tar'), IMAGE)
}
