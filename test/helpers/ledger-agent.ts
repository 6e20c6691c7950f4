import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import { diff } from '../../src/model/changes.ts'
import { connectTransport } from '../../src/transport/client.ts'
import { openSqliteSpool } from '../../src/transport/sqlite-spool.ts'
import { entryOf, lastEntryOf, stateAfter } from './ledger.ts'
import type { Owner } from './running.ts'

const optionsSchema = z.object({
  url: z.string(),
  enrolmentToken: z.string(),
  secret: z.string(),
  folder: z.string(),
  seed: z.number(),
  /** Between two entries. */
  paceMs: z.number(),
  /** How far its clock is from the right one. */
  clockOffsetMs: z.number(),
  agentId: z.string(),
  /** How far the world has gone without it: it finds the state after this entry, whatever it knew. */
  worldEntry: z.number(),
  maxBytes: z.number().exactOptional(),
})

export type LedgerAgentOptions = z.infer<typeof optionsSchema>

/** An agent as a process of its own, which tells a ledger by the real client from a real spool. */
export interface LedgerAgent {
  /** The entry that its spool knew when it began; rejects when it does not begin. */
  readonly began: Promise<number>
  /** What it logged. */
  text(): string
  kill(): Promise<void>
  /** Lets it tell no further entries, waits until all is stored and it has ended, and gives the last entry. */
  finish(): Promise<number>
  /** Settles with its exit code. */
  readonly exited: Promise<number | null>
}

/** Starts an agent; it ends with its owner. */
export function startLedgerAgent(owner: Owner, options: LedgerAgentOptions): LedgerAgent {
  const child = fork(import.meta.filename, [JSON.stringify(options)], {
    env: { PATH: process.env['PATH'] ?? '' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let text = ''
  child.stderr?.on('data', (chunk) => {
    text += chunk
  })
  const exited = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null))
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  owner.teardown(kill)
  const began = Promise.withResolvers<number>()
  const last = Promise.withResolvers<number>()
  child.on('message', (message) => {
    const { name, entry } = messageSchema.parse(message)
    if (name === 'began') began.resolve(entry)
    else last.resolve(entry)
  })
  void exited.then((code) => {
    const error = new Error(`the agent ended with ${code}:\n${text}`)
    began.reject(error)
    last.reject(error)
  })
  for (const { promise } of [began, last]) promise.catch(() => undefined)
  const finish = async () => {
    child.send('finish')
    const entry = await last.promise
    await exited
    return entry
  }
  return { began: began.promise, text: () => text, kill, finish, exited }
}

const messageSchema = z.object({ name: z.enum(['began', 'finished']), entry: z.number() })

async function tell(options: LedgerAgentOptions): Promise<void> {
  const { url, folder, seed, paceMs, clockOffsetMs, agentId, enrolmentToken, secret, maxBytes, worldEntry } = options
  const write = (level: string) => (fields: object, message: string) =>
    void process.stderr.write(`${level} ${message} ${JSON.stringify(fields, errorsAsText)}\n`)
  const log = { info: write('info'), warn: write('warn') }
  const now = () => Date.now() + clockOffsetMs
  const { spool, state } = openSqliteSpool({ folder, log, now, ...(maxBytes === undefined ? {} : { maxBytes }) })
  let entry = Math.max(lastEntryOf(state), worldEntry)
  const transport = connectTransport({
    url: new URL(url),
    readCredentials: async () => ({ secret, keepsSecret: true, enrolmentToken, ca: null, identity: null }),
    identity: { agentId, node: agentId, bootId: 'boot-1', version: '0.1.0' },
    spool,
    log,
    now,
    backoff: { firstMs: 20, mostMs: 200 },
    // The collector asks to stay away for longer than a test lives.
    sleep: (ms, signal) => pause(Math.min(ms, 200), undefined, { signal }),
  })
  let isFinishing = false
  process.on('message', () => {
    isFinishing = true
  })
  process.on('disconnect', () => process.exit(1))
  // As the agent's loop does it: what differs from what was told is what changed.
  const missed = diff(state, stateAfter(seed, entry), now())
  if (missed.length > 0) transport.publish(missed)
  process.send?.({ name: 'began', entry })
  while (!isFinishing) {
    entry += 1
    transport.publish(entryOf(seed, entry))
    // What a look does about once a minute.
    if (entry % 50 === 0) spool.tend()
    await pause(paceMs)
  }
  for (; !spool.isDrained || spool.isStuck; await pause(20)) spool.tend()
  await transport.close(AbortSignal.timeout(10_000))
  spool.close()
  process.send?.({ name: 'finished', entry })
  process.disconnect?.()
}

function errorsAsText(_name: string, value: unknown): unknown {
  return value instanceof Error ? String(value) : value
}

if (process.argv[1] === import.meta.filename) await tell(optionsSchema.parse(JSON.parse(process.argv[2] ?? '')))
