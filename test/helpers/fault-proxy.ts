import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Owner } from './running.ts'

/** What befalls a connection: after so many bytes of the agent, or at every piece of it. */
export type Trouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'half-close'; readonly afterBytes: number }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'duplicate' }
  /** Nothing more passes for so long; then the agent is cut off, and what it had said arrives as much later. */
  | { readonly kind: 'strand'; readonly afterBytes: number; readonly ms: number }

export interface FaultProxy {
  readonly port: number
  /** How many connections each trouble befell. */
  readonly counts: Readonly<Record<string, number>>
  /** Cuts the agents' ends of all connections to a port; those to the collector stay open, without a word. */
  strand(port: number): void
  /** Cuts all connections to a port. */
  cut(port: number): void
}

export interface FaultProxyOptions {
  /** Where the next connection goes; null lets it not through. */
  readonly targetPort: () => number | null
  /** What befalls the next connection. */
  readonly draw: () => Trouble
}

interface Pair {
  readonly port: number
  readonly near: Socket
  isStranded: boolean
}

/** Starts a proxy on loopback that makes trouble. */
export async function startFaultProxy(owner: Owner, { targetPort, draw }: FaultProxyOptions): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  const pairs = new Set<Pair>()
  const counts: Record<string, number> = {}
  const keep = (socket: Socket) => {
    sockets.add(socket)
    // Whoever is connected to it sees its end.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const dial = (port: number) => keep(connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const port = targetPort()
    if (port === null) {
      near.destroy()
      return
    }
    const trouble = draw()
    counts[trouble.kind] = (counts[trouble.kind] ?? 0) + 1
    const pair = { port, near: keep(near), isStranded: false }
    pairs.add(pair)
    near.on('close', () => pairs.delete(pair))
    join(pair, dial(port), trouble)
    // Where there are two collectors, the other one hears it.
    if (trouble.kind === 'duplicate') echo(near, dial(targetPort() ?? port))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  owner.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const cut = (port: number, isStranded = false) => {
    for (const pair of [...pairs].filter((some) => some.port === port)) {
      pair.isStranded = isStranded
      pair.near.destroy()
    }
  }
  return { port: address.port, counts, cut, strand: (port) => cut(port, true) }
}

function join(pair: Pair, far: Socket, trouble: Trouble): void {
  const { near } = pair
  const held: Buffer[] = []
  let left = 'afterBytes' in trouble ? trouble.afterBytes : Number.POSITIVE_INFINITY
  let turn = Promise.resolve()
  near.on('data', (chunk) => {
    const piece = chunk.subarray(0, Math.max(left, 0))
    if (trouble.kind === 'strand') held.push(chunk.subarray(piece.length))
    if (left <= 0) return
    left -= piece.length
    turn = turn.then(() => pass(far, piece, trouble))
    if (left > 0) return
    if (trouble.kind === 'half-close') turn = turn.then(() => void far.end())
    else if (trouble.kind === 'strand') turn = turn.then(() => strand(pair, far, held, trouble.ms))
    else near.destroy()
  })
  far.on('data', (chunk) => {
    if (!near.destroyed) near.write(chunk)
  })
  near.on('end', () => void turn.then(() => far.end()))
  far.on('end', () => near.end())
  near.on('close', () => {
    if (!pair.isStranded) far.destroy()
  })
  far.on('close', () => near.destroy())
}

async function pass(far: Socket, piece: Buffer, trouble: Trouble): Promise<void> {
  if (trouble.kind === 'delay') await pause(trouble.ms)
  if (!far.destroyed) far.write(piece)
}

/** Lets what was held back arrive when whoever said it has been gone for a while: the words of a zombie. */
async function strand(pair: Pair, far: Socket, held: readonly Buffer[], ms: number): Promise<void> {
  pair.isStranded = true
  await pause(ms)
  pair.near.destroy()
  await pause(ms)
  if (!far.destroyed) far.end(Buffer.concat(held))
}

/** Says everything a second time on a connection of its own, whose answers nobody hears. */
function echo(near: Socket, far: Socket): void {
  near.on('data', (chunk) => {
    if (!far.destroyed) far.write(chunk)
  })
  far.resume()
  near.on('close', () => far.destroy())
}
