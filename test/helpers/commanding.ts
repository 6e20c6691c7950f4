import { once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { hashOf } from '../../src/collector/auth/secret.ts'
import { COMMANDS, type CommandRequest } from '../../src/model/command.ts'
import type { Role } from '../../src/model/role.ts'
import { TokenRegister } from '../../src/store/api-tokens.ts'
import { type DatabasePlace, openDatabase } from '../../src/store/open-database.ts'
import type { AuditView, ReadStore } from '../../src/store/store.ts'
import { ENROLMENT_HEADER } from '../../src/transport/admission.ts'
import { type CollectorFrame, parseCollectorFrame, SUBPROTOCOL } from '../../src/transport/protocol.ts'
import type { CommandDoer } from '../../src/transport/transport.ts'
import { report } from './builders.ts'
import { testStream } from './stream.ts'
import { until } from './until.ts'

/** The token of an operator, by the collector's configuration. */
export const OPERATOR = 'an-operators-token-of-a-test'

/** What came of a question. */
export interface Asked {
  readonly status: number
  readonly retryAfter: string | null
  /** The body, for a match. */
  readonly body: { readonly code?: string; readonly title?: string; readonly result?: object }
}

/** Asks a node through a collector's API. */
export async function ask(
  { url }: { readonly url: URL },
  node: string,
  command: object,
  { token = OPERATOR, timeoutMs }: { readonly token?: string; readonly timeoutMs?: number } = {},
): Promise<Asked> {
  const address = new URL(`/api/v1/nodes/${node}/commands`, url.href.replace(/^ws/, 'http'))
  if (timeoutMs !== undefined) address.searchParams.set('timeoutMs', String(timeoutMs))
  const response = await fetch(address, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(command),
  })
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: JSON.parse(await response.text()),
  }
}

/** What an agent does that finds its node as the builders make it, and keeps what it was asked. */
export interface TestDoer extends CommandDoer {
  readonly asked: CommandRequest[]
}

export function doer({ allowed = COMMANDS, carryOut = async () => report() }: Partial<CommandDoer> = {}): TestDoer {
  const asked: CommandRequest[] = []
  const keep: CommandDoer['carryOut'] = (request, signal) => {
    asked.push(request)
    return carryOut(request, signal)
  }
  return { allowed, asked, carryOut: keep }
}

/** Keeps a token in a collector's store and gives it. */
export async function makeToken(t: Test, place: DatabasePlace, name: string, role: Role): Promise<string> {
  const token = `the-token-of-${name}-in-a-test`
  const database = await openDatabase(place)
  t.teardown(() => database.db.destroy())
  const row = { name, role, tokenHash: hashOf(token), expiresInMs: null, auditId: name }
  await new TokenRegister(database).create(row)
  return token
}

/** Waits until the audit has so many commands that have ended, and gives them, the newest first. */
export function commandsIn(store: ReadStore, count: number): Promise<readonly AuditView[]> {
  return until(async () => {
    const { items } = await store.listAudit({ limit: 100 })
    const ended = items.filter(({ action, reason }) => action === 'commanded' && reason !== 'asked')
    return ended.length >= count ? ended : undefined
  })
}

/** An agent that says whatever a test wants, welcomed by a real collector. */
export interface HostileAgent {
  readonly socket: WebSocket
  send(frame: object): void
  /** Gives the next command that nobody has taken yet. */
  command(): Promise<Extract<CollectorFrame, { type: 'command' }>>
}

export async function connectHostile(
  t: Test,
  { url }: { readonly url: URL },
  node: string,
  hello: object = { commands: ['scan', 'probe', 'triage'] },
): Promise<HostileAgent> {
  const secret = hashOf(`secret of ${node}`).toString('base64url')
  const headers = { authorization: `Bearer ${secret}`, [ENROLMENT_HEADER]: 'an-enrolment-token-of-a-test' }
  const socket = new WebSocket(url, SUBPROTOCOL, { headers })
  const frames: CollectorFrame[] = []
  socket.on('message', (data, isBinary) => frames.push(parseCollectorFrame(data, isBinary)))
  socket.on('error', () => undefined)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  const send = (frame: object) => socket.send(JSON.stringify(frame))
  send({ type: 'hello', ...testStream(node).hello({ agentId: node, node }), ...hello })
  await until(() => frames.find(({ type }) => type === 'welcome'))
  let taken = 0
  return {
    socket,
    send,
    command: async () => {
      const commands = () => frames.filter((frame) => frame.type === 'command')
      const command = await until(() => commands()[taken])
      taken += 1
      return command
    },
  }
}
