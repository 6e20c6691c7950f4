import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { Test } from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import { type AgentFrame, type CollectorFrame, parseAgentFrame, SUBPROTOCOL } from '../../src/transport/protocol.ts'
import { until } from './until.ts'

/** One connection of an agent, as a test plays the collector on it. */
export interface ScriptedConnection {
  readonly request: IncomingMessage
  readonly socket: WebSocket
  readonly frames: readonly AgentFrame[]
  send(frame: CollectorFrame | string): void
  /** Gives the next frame that nobody has taken yet, which must be of this type. */
  next<Type extends AgentFrame['type']>(type: Type): Promise<Extract<AgentFrame, { type: Type }>>
  /** Takes the hello and answers it. */
  welcome(
    given?: Partial<Extract<CollectorFrame, { type: 'welcome' }>>,
  ): Promise<Extract<AgentFrame, { type: 'hello' }>>
  ack(frame: Extract<AgentFrame, { type: 'batch' | 'snapshot' }>, want?: 'snapshot'): void
}

export interface ScriptedCollector {
  readonly url: URL
  /** Gives the next connection that nobody has taken yet. */
  connection(): Promise<ScriptedConnection>
  /** Answers further handshakes with a status instead. */
  refuse(status: number, headers?: string): void
}

/** Starts a collector that does nothing but what the test says. */
export async function scriptCollector(t: Test): Promise<ScriptedCollector> {
  const connections: ScriptedConnection[] = []
  let taken = 0
  let refusal: string | null = null
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL })
  const server = createServer().on('upgrade', (request, socket, head) => {
    // An agent that is refused may cut the connection before it has read why.
    socket.on('error', () => undefined)
    if (refusal !== null) socket.end(refusal)
    else sockets.handleUpgrade(request, socket, head, (client) => connections.push(play(request, client)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const { socket } of connections) socket.terminate()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: new URL(`ws://127.0.0.1:${address.port}/agents`),
    connection: async () => {
      const connection = await until(() => connections[taken])
      taken += 1
      return connection
    },
    refuse: (status, headers = '') => {
      refusal = `HTTP/1.1 ${status} No\r\n${headers}Content-Length: 0\r\nConnection: close\r\n\r\n`
    },
  }
}

function play(request: IncomingMessage, socket: WebSocket): ScriptedConnection {
  const frames: AgentFrame[] = []
  let taken = 0
  socket.on('message', (data, isBinary) => frames.push(parseAgentFrame(data, isBinary)))
  const send = (frame: CollectorFrame | string) =>
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  const next = async <Type extends AgentFrame['type']>(type: Type) => {
    const frame = await until(() => frames[taken])
    taken += 1
    if (isType(frame, type)) return frame
    throw new Error(`${JSON.stringify(frame)} came instead of ${type}`)
  }
  return {
    request,
    socket,
    frames,
    send,
    next,
    welcome: async (given = {}) => {
      const hello = await next('hello')
      const limits = { maxUnackedBytes: 1024 * 1024, pingIntervalMs: 60_000 }
      send({ type: 'welcome', ackedSeq: 0, want: 'snapshot', limits, ...given })
      return hello
    },
    ack: (frame, want) => {
      const seq = frame.type === 'snapshot' ? frame.asOfSeq : frame.firstSeq + frame.events.length - 1
      send({ type: 'ack', epoch: frame.epoch, seq, ...(want === undefined ? {} : { want }) })
    },
  }
}

function isType<Type extends AgentFrame['type']>(
  frame: AgentFrame,
  type: Type,
): frame is Extract<AgentFrame, { type: Type }> {
  return frame.type === type
}
