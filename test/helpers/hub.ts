import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { hashOf } from '../../src/collector/auth/secret.ts'
import { createIngest } from '../../src/collector/ingest.ts'
import type { Proof } from '../../src/model/speaker.ts'
import type { Changed, IngestStore } from '../../src/store/store.ts'
import { createHub, type Hub, type HubOptions } from '../../src/transport/hub.ts'
import { type CollectorFrame, parseCollectorFrame, SUBPROTOCOL } from '../../src/transport/protocol.ts'
import { quiet, type TestStream, testStream } from './stream.ts'
import { until } from './until.ts'

export interface StartedHub {
  readonly hub: Hub
  readonly url: URL
  readonly port: number
  readonly changes: readonly Changed[]
  /** Ends it as a crash would: no goodbye. */
  kill(): Promise<void>
}

/** Starts a hub over a store, on a free port or on the one of a hub that was before. */
export async function startHub(
  t: Test,
  store: IngestStore,
  options: Partial<HubOptions> & { readonly port?: number } = {},
): Promise<StartedHub> {
  const changes: Changed[] = []
  const ingest = createIngest({ store, onChanged: (changed) => void changes.push(changed) })
  const hub = createHub({ ingest, log: quiet, spreadMs: 0, ...options })
  const server = createServer().on('upgrade', (request, socket, head) =>
    hub.accept(request, socket, head, { proof: proofIn(request), address: request.socket.remoteAddress ?? '' }),
  )
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = addressOf(server.address())
  const kill = async () => {
    await hub.close(AbortSignal.abort())
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  t.teardown(kill)
  return { hub, url: new URL(`ws://127.0.0.1:${port}/agents`), port, changes, kill }
}

/** Whatever is shown enrols whoever shows it. */
export function proofIn({ headers }: IncomingMessage): Proof {
  return { by: 'secret', secretHash: hashOf(headers.authorization ?? ''), enrols: 'new' }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address
}

/** A socket to a hub that says whatever a test wants. */
export interface RawAgent {
  readonly socket: WebSocket
  readonly frames: readonly CollectorFrame[]
  send(frame: string | Buffer | object): void
  /** Gives the next frame that nobody has taken yet, which must be of this type. */
  next<Type extends CollectorFrame['type']>(type: Type): Promise<Extract<CollectorFrame, { type: Type }>>
  /** Gives the code and reason of the end. */
  closed(): Promise<{ readonly code: number; readonly reason: string }>
}

/** Connects with a secret that may be anything. */
export async function connectRaw(t: Test, url: URL, secret = 'mine'): Promise<RawAgent> {
  const headers = { authorization: `Bearer ${secret}` }
  const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false, headers })
  const frames: CollectorFrame[] = []
  let end: { code: number; reason: string } | undefined
  let taken = 0
  socket.on('message', (data, isBinary) => frames.push(parseCollectorFrame(data, isBinary)))
  socket.on('close', (code, reason) => {
    end = { code, reason: String(reason) }
  })
  socket.on('error', () => undefined)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  return {
    socket,
    frames,
    send: (frame) => socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame)),
    next: async (type) => {
      const frame = await until(() => frames[taken])
      taken += 1
      if (isType(frame, type)) return frame
      throw new Error(`${JSON.stringify(frame)} came instead of ${type}`)
    },
    closed: () => until(() => end),
  }
}

function isType<Type extends CollectorFrame['type']>(
  frame: CollectorFrame,
  type: Type,
): frame is Extract<CollectorFrame, { type: Type }> {
  return frame.type === type
}

/** An agent that was welcomed and whose first snapshot is stored. */
export async function welcomed(t: Test, { url }: StartedHub, name: string): Promise<RawAgent & { stream: TestStream }> {
  const stream = testStream(name)
  const agent = await connectRaw(t, url, name)
  agent.send({ type: 'hello', ...stream.hello() })
  await agent.next('welcome')
  agent.send(stream.snapshotFrame())
  await agent.next('ack')
  return { ...agent, stream }
}
