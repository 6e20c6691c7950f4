import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Listens on a unix socket below gRPC, for what no gRPC server would do; gives the socket's path. */
export async function hostileSocket(t: Test, onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    // Reads, so that it sees the other end hang up.
    onConnection(socket.resume())
  })
  return await listen(t, server)
}

/** Likewise above HTTP/2: answers every call with whatever the test sends. */
export async function hostileHttp2(t: Test, onCall: (stream: ServerHttp2Stream) => void): Promise<string> {
  const server = createHttp2Server()
  server.on('stream', (stream) => {
    // A client that gives up resets the stream.
    stream.on('error', () => undefined)
    onCall(stream)
  })
  return await listen(t, server)
}

/** Answers a call with this message, true or not. */
export function answerWith(stream: ServerHttp2Stream, message: Buffer, headers: Readonly<Record<string, string>> = {}) {
  respond(stream, headers)
  stream.end(Buffer.concat([frame(message.length, headers['grpc-encoding'] !== undefined), message]))
}

/** Begins an answer whose header claims this many bytes. */
export function beginAnswer(stream: ServerHttp2Stream, claimedBytes: number): void {
  respond(stream, {})
  stream.write(frame(claimedBytes, false))
}

function respond(stream: ServerHttp2Stream, headers: Readonly<Record<string, string>>): void {
  stream.respond({ 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
}

/** What stands before every gRPC message: whether it is compressed, and its length. */
function frame(length: number, isCompressed: boolean): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt8(isCompressed ? 1 : 0, 0)
  header.writeUInt32BE(length, 1)
  return header
}

async function listen(t: Test, server: Pick<Server, 'listen' | 'close' | 'on'>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  const path = join(root, 'cri.sock')
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)))
  })
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await rm(root, { recursive: true })
  })
  const listening = Promise.withResolvers<void>()
  server.listen(path, listening.resolve)
  await listening.promise
  return path
}
