import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { BUSYBOX_BINARY } from '../test/helpers/busybox.ts'
import { isInstalled } from '../test/helpers/commands.ts'
import { type Docker, importBusybox } from '../test/helpers/docker-command.ts'

const LABEL = 'nsentinel.demo'
const IMAGE = 'nsentinel-demo'
const ANSWER_MS = 10_000
const POLL_MS = 50

/** A container of the demo, and what nsentinel should say of it. */
export interface DemoContainer {
  readonly name: string
  readonly options: readonly string[]
  readonly command: readonly string[]
  readonly shows: string
}

/** The host ports of the demo. */
export interface DemoPorts {
  /** On which a container of the host's network listens. */
  readonly listening: number
  /** Which Docker forwards to a container's 8080. */
  readonly published: number
}

/** Lists the demo's containers. Both ports are on loopback: the demo exposes nothing to the network. */
export function demoContainers({ listening, published }: DemoPorts): readonly DemoContainer[] {
  return [
    {
      name: 'nsentinel-demo-host-network',
      options: ['--network', 'host'],
      command: httpd(`127.0.0.1:${listening}`),
      shows: `net is the host's: finding shared-net-namespace (it listens on host port ${listening})`,
    },
    {
      name: 'nsentinel-demo-published',
      options: ['--publish', `127.0.0.1:${published}:8080`],
      command: httpd('8080'),
      shows: `all its own; declares host port ${published} for its 8080`,
    },
    {
      name: 'nsentinel-demo-host-pid-ipc',
      options: ['--pid', 'host', '--ipc', 'host'],
      command: [],
      shows: "pid and ipc are the host's: findings shared-pid-namespace, shared-ipc-namespace",
    },
    { name: 'nsentinel-demo-plain', options: [], command: [], shows: 'all its own: no finding' },
  ]
}

/** Says on which of the demo's ports somebody listens. */
export async function answeringPorts({ listening, published }: DemoPorts): Promise<readonly number[]> {
  const found = await Promise.all([listening, published].map(async (port) => ((await accepts(port)) ? port : null)))
  return found.filter((port) => port !== null)
}

/** Makes the demo's containers and waits until both ports answer. */
export async function startContainers(docker: Docker, owner: string, ports: DemoPorts): Promise<void> {
  const isLocal = isInstalled(BUSYBOX_BINARY)
  if (isLocal) await importBusybox(docker, IMAGE)
  const image = isLocal ? IMAGE : 'busybox'
  for (const { name, options, command } of demoContainers(ports)) {
    await docker('run', '--detach', '--label', `${LABEL}=${owner}`, '--name', name, ...options, image, ...command)
  }
  const deadline = Date.now() + ANSWER_MS
  while ((await answeringPorts(ports)).length < 2) {
    if (Date.now() > deadline) throw new Error('the containers run, but not both ports answer')
    await delay(POLL_MS)
  }
}

/** Removes what demos that are over have left, and gives the owner of one that is not. */
export async function removeContainers(docker: Docker, self: string): Promise<string | null> {
  const format = `{{.ID}} {{.Label "${LABEL}"}}`
  const rows = (await docker('ps', '--all', '--no-trunc', '--filter', `label=${LABEL}`, '--format', format)).split('\n')
  const containers = rows.flatMap((row) => {
    const [id, owner] = row.split(' ')
    return id && owner ? [{ id, owner }] : []
  })
  const other = containers.find(({ owner }) => owner !== self && isAlive(owner))
  if (other !== undefined) return other.owner
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers.map(({ id }) => id))
  const images = await docker('images', '--quiet', IMAGE)
  if (images !== '') await docker('rmi', '--force', IMAGE)
  return null
}

/** This process, told apart from a later one of the same number by its start time, proc(5). */
export function ownerOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return `${pid}:${startTime}`
}

/** Tells whether an owner still runs. */
export function isAlive(owner: string): boolean {
  try {
    return ownerOf(Number.parseInt(owner, 10)) === owner
  } catch {
    return false
  }
}

function httpd(address: string): string[] {
  const page = 'This page comes from a container of the nsentinel demo.'
  return ['sh', '-c', `echo '${page}' > /www/index.html && exec httpd -f -h /www -p ${address}`]
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
