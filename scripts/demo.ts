import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  answeringPorts,
  type DemoPorts,
  demoContainers,
  ownerOf,
  removeContainers,
  startContainers,
} from './demo-containers.ts'
import { type DemoDocker, findDocker } from './demo-docker.ts'

const USAGE = `npm run demo [-- --for SECONDS --ports 9001,9002]
Makes four containers that show what nsentinel finds, waits for Ctrl-C (or SECONDS), and removes them.`

/** The longest that a timer waits. */
const LONGEST_MS = 2 ** 31 - 1

interface Options {
  readonly ports: DemoPorts
  /** How long the containers stay, unless a signal comes first. */
  readonly ms: number
}

process.exitCode = await main()

async function main(): Promise<number> {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort())
  try {
    const options = parseOptions()
    if (options === null) console.log(USAGE)
    else await runDemo(options, stopping.signal)
    return 0
  } catch (error) {
    // Ctrl-C reaches the docker commands too, and those fail.
    if (stopping.signal.aborted) return 0
    console.error(`demo: ${error instanceof Error ? error.message : error}`)
    return 1
  }
}

function parseOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      for: { type: 'string' },
      ports: { type: 'string', default: '9001,9002' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return null
  const [listening = 0, published = 0] = /^\d{1,5},\d{1,5}$/.test(values.ports)
    ? values.ports.split(',').map(Number)
    : []
  if (listening === 0 || published === 0) throw new Error(`--ports expects two ports, such as 9001,9002`)
  if (values.for !== undefined && !/^\d{1,6}$/.test(values.for)) throw new Error('--for expects a number of seconds')
  return { ports: { listening, published }, ms: values.for === undefined ? LONGEST_MS : Number(values.for) * 1000 }
}

async function runDemo(options: Options, signal: AbortSignal): Promise<void> {
  const owner = ownerOf(process.pid)
  const found = await findDocker(process.env['DOCKER_HOST'], owner)
  try {
    const other = await removeContainers(found.docker, owner)
    if (other !== null) throw new Error(`another demo runs already (pid ${Number.parseInt(other, 10)})`)
    const taken = await answeringPorts(options.ports)
    if (taken.length > 0) {
      throw new Error(`port ${taken.join(' and ')} of this machine is taken: free it, or name two others with --ports`)
    }
    await showContainers(found, owner, options, signal)
  } finally {
    await found.stop()
  }
}

async function showContainers(found: DemoDocker, owner: string, { ports, ms }: Options, signal: AbortSignal) {
  try {
    await startContainers(found.docker, owner, ports)
    console.log(describe(found, ports))
    await delay(ms, undefined, { signal }).catch(() => undefined)
  } finally {
    await removeContainers(found.docker, owner)
    console.log('The containers of the demo are removed.')
  }
}

function describe({ isPrivate, socketPath }: DemoDocker, ports: DemoPorts): string {
  const containers = demoContainers(ports)
  const width = Math.max(...containers.map(({ name }) => name.length))
  const flag = process.env['DOCKER_HOST'] ? ` --docker-socket ${socketPath}` : ''
  return [
    `Four containers run on Docker at ${socketPath}${isPrivate ? ', started for the demo because none was there' : ''}:`,
    ...containers.map(({ name, shows }) => `  ${name.padEnd(width)}  ${shows}`),
    '',
    'See them in another terminal:',
    `  npx nsentinel scan${flag}    once, as a table`,
    `  npx nsentinel start${flag}   live: three findings are open now, and resolve when the demo ends`,
    '',
    'Ctrl-C removes them.',
  ].join('\n')
}
