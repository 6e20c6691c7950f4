import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'
import * as z from 'zod'
import { BUSYBOX_BINARY } from './busybox.ts'
import { isInstalled, PATH } from './commands.ts'
import { openPodClient, type PodClient } from './containerd-client.ts'
import { CNI_PLUGINS, configure } from './containerd-config.ts'
import { IMAGE, packImage } from './containerd-image.ts'
import { removeCniLeftovers } from './containerd-leftovers.ts'
import { type PodOptions, type RunningPod, removePod, runPod } from './containerd-pods.ts'
import { until } from './containerd-until.ts'
import { createBridge, makeBridge } from './docker-bridge.ts'
import { removeLeftovers } from './docker-leftovers.ts'

/** A containerd of our own with the CRI plugin, which touches no folder, bridge or cgroup of anybody else. */
export interface Containerd {
  readonly socketPath: string
  runPod(options?: PodOptions): Promise<RunningPod>
  /** Ends containerd as a crash does; pods run on. */
  crash(): Promise<void>
  /** Starts it again after a crash. */
  restart(): Promise<void>
}

/** Says why no containerd of our own can run here, or false when one can. */
export function whyNoContainerd(): string | false {
  if (process.getuid?.() !== 0) return 'starting containerd needs root'
  const needed = ['containerd', 'ctr', 'runc', 'setpriv', 'ip', 'iptables', `${CNI_PLUGINS}/portmap`, BUSYBOX_BINARY]
  const missing = needed.filter((command) => !isInstalled(command))
  return missing.length > 0 && `not installed: ${missing.join(', ')}`
}

/**
 * Starts a real containerd for one test, whose only image is busybox; it ends with the test, with its pods, their
 * namespaces, addresses and rules. Skip with `whyNoContainerd()`.
 *
 * @param enter puts it into a node of its own, where its pods, bridge and rules are nobody else's
 */
export async function startContainerd(t: Test, enter: readonly string[] = []): Promise<Containerd> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  const socketPath = join(root, 'c.sock')
  const config = await configure(root, socketPath, await (enter.length === 0 ? createBridge(root) : makeBridge(enter)))
  const client = openPodClient(socketPath)
  let child = spawnDaemon(root, config, enter)
  t.teardown(async () => {
    try {
      await removePods(client)
    } finally {
      client.close()
      await end(child, 'SIGTERM')
      await removeLeftovers(root)
      await removeCniLeftovers()
    }
  })
  await waitUntilItAnswers(root, client, child)
  await importImage(root, socketPath, client)
  return {
    socketPath,
    runPod: (options = {}) => runPod(client, `/${basename(root)}/kubepods`, options),
    crash: () => end(child, 'SIGKILL'),
    async restart() {
      child = spawnDaemon(root, config, enter)
      await waitUntilItAnswers(root, client, child)
    },
  }
}

/**
 * The daemon leads a session of its own, so that a Ctrl-C meant for us does not end it before its pods, and gets
 * SIGTERM when we die.
 */
function spawnDaemon(root: string, config: string, enter: readonly string[]): ChildProcess {
  const log = openSync(join(root, 'log'), 'a', 0o600)
  const [command = '', ...inFront] = [...enter, 'setpriv']
  const child = spawn(command, [...inFront, '--pdeathsig', 'TERM', 'containerd', '--config', config], {
    env: { ...process.env, PATH },
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function waitUntilItAnswers(root: string, client: PodClient, child: ChildProcess): Promise<void> {
  const answers = () =>
    client.call('ListPodSandbox', {}).then(
      () => true,
      () => false,
    )
  await until(answers, async () => {
    const log = (await readFile(join(root, 'log'), 'utf8')).slice(-2000)
    return `containerd (exit code ${child.exitCode}) does not answer: ${log}`
  })
}

/** The CRI plugin learns of an image by an event after its import. */
async function importImage(root: string, socketPath: string, client: PodClient): Promise<void> {
  const file = await packImage(root)
  await execa('ctr', ['--address', socketPath, '--namespace', 'k8s.io', 'images', 'import', file])
  const isKnown = async () => 'image' in (await client.call('ImageStatus', { image: { image: IMAGE } }))
  await until(isKnown, async () => `containerd does not list ${IMAGE}`)
}

async function removePods(client: PodClient): Promise<void> {
  const { items } = podList.parse(await client.call('ListPodSandbox', {}))
  await Promise.all(items.map(({ id }) => removePod(client, id)))
}

const podList = z.object({ items: z.array(z.object({ id: z.string() })).default([]) })
