import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Tasks that sleep until stopped. They end by themselves when this process does, however it ends. */
export interface Load {
  /** Settles when the last one is gone. */
  stop(): Promise<void>
}

/**
 * The shell waits for the end of its stdin, which comes with `stop()`, Ctrl-C, a crash or SIGKILL of ours, and then
 * ends its process group, which is its own. The trap runs too where fork(2) fails half-way.
 */
const FORK_SLEEPERS = `
trap 'trap "" TERM; kill -TERM 0; wait' EXIT
i=0
count=$1
shift
while [ "$i" -lt "$count" ]; do "$@" sleep 2147483647 & i=$((i + 1)); done
echo ready
read -r _
`

/** libuv starts its whole thread pool with the first task for it. */
const HOLD_THREADS = `require('node:fs').stat('.', () => { console.log('ready'); process.stdin.resume() })`

/**
 * Opens listeners on loopback, on ports that the kernel chooses, and connects to them from the same process, some at a
 * time: a listener's queue is short.
 */
const LISTEN_AND_CONNECT = `
const { createServer, connect } = require('node:net')
const { once } = require('node:events')
const [listeners, connections] = process.argv.slice(1).map(Number)
const kept = []
const main = async () => {
  const ports = []
  for (let i = 0; i < listeners; i++) {
    const server = createServer((socket) => kept.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports.push(server.address().port)
  }
  for (let i = 0; i < connections; i += 100) {
    const count = Math.min(100, connections - i)
    const some = Array.from({ length: count }, (_, j) => connect(ports[(i + j) % listeners], '127.0.0.1'))
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    kept.push(...some)
  }
  console.log('ready')
  process.stdin.resume().on('end', () => process.exit())
}
main()
`

/** Starts processes of one thread each, run by the words of another program before them, such as unshare(1). */
export async function startProcesses(count: number, ...before: readonly string[]): Promise<Load> {
  return await startAll([spawnHeld('sh', ['-c', FORK_SLEEPERS, 'sh', String(count), ...before])])
}

/** Starts processes that share so many listeners, and connections to them whose both ends they hold. */
export async function startSockets(processes: number, listeners: number, connections: number): Promise<Load> {
  const share = (total: number, index: number) => String(Math.floor((total + index) / processes))
  const spawnOne = (index: number) =>
    spawnHeld(process.execPath, ['-e', LISTEN_AND_CONNECT, share(listeners, index), share(connections, index)])
  return await startAll(Array.from({ length: processes }, (_, index) => spawnOne(index)))
}

/** Starts Node.js processes with this many threads each, beside those that Node.js always has. */
export async function startThreads(processes: number, threadsEach: number): Promise<Load> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(threadsEach) }
  const spawnOne = () => spawnHeld(process.execPath, ['-e', HOLD_THREADS], env)
  return await startAll(Array.from({ length: processes }, spawnOne))
}

/** In a session of its own: a Ctrl-C at the terminal reaches it only as the end of its stdin. */
function spawnHeld(command: string, args: readonly string[], env = process.env): ChildProcess {
  return spawn(command, args, { env, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
}

async function startAll(helpers: readonly ChildProcess[]): Promise<Load> {
  const stop = async () => void (await Promise.all(helpers.map(stopOne)))
  try {
    await Promise.all(helpers.map(untilReady))
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

/** Every sleeper holds the helper's stdout, so that `close` comes after the last one has ended. */
async function stopOne(helper: ChildProcess): Promise<void> {
  if (helper.pid === undefined || helper.stdout?.closed === true) return
  const closed = once(helper, 'close')
  helper.stdin?.end()
  helper.stdout?.resume()
  await closed
}

async function untilReady(helper: ChildProcess): Promise<void> {
  const ended = once(helper, 'exit').then(() => {
    throw new Error(`${helper.spawnfile} ended before its load was there`)
  })
  await Promise.race([once(helper.stdout ?? helper, 'data'), ended])
}
