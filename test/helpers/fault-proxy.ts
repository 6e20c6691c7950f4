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

export interface FaultProxy {
  readonly port: number
  /** How many connections each trouble befell. */
  readonly counts: Readonly<Record<string, number>>
}

export interface FaultProxyOptions {
  /** Where connections go at the time; null lets none through. */
  readonly targetPort: () => number | null
  /** What befalls the next connection. */
  readonly draw: () => Trouble
}

/** Starts a proxy on loopback that makes trouble. */
export async function startFaultProxy(owner: Owner, { targetPort, draw }: FaultProxyOptions): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  const counts: Record<string, number> = {}
  const keep = (socket: Socket) => {
    sockets.add(socket)
    // Whoever is connected to it sees its end.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const port = targetPort()
    if (port === null) {
      near.destroy()
      return
    }
    const trouble = draw()
    counts[trouble.kind] = (counts[trouble.kind] ?? 0) + 1
    const dial = () => keep(connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
    join(keep(near), dial(), trouble)
    if (trouble.kind === 'duplicate') echo(near, dial())
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
  return { port: address.port, counts }
}

function join(near: Socket, far: Socket, trouble: Trouble): void {
  let left = 'afterBytes' in trouble ? trouble.afterBytes : Number.POSITIVE_INFINITY
  let turn = Promise.resolve()
  near.on('data', (chunk) => {
    if (left <= 0) return
    const piece = chunk.subarray(0, left)
    left -= piece.length
    turn = turn.then(() => pass(far, piece, trouble))
    if (left > 0) return
    if (trouble.kind === 'half-close') turn = turn.then(() => void far.end())
    else near.destroy()
  })
  far.on('data', (chunk) => near.write(chunk))
  near.on('end', () => void turn.then(() => far.end()))
  far.on('end', () => near.end())
  near.on('close', () => far.destroy())
  far.on('close', () => near.destroy())
}

async function pass(far: Socket, piece: Buffer, trouble: Trouble): Promise<void> {
  if (trouble.kind === 'delay') await pause(trouble.ms)
  if (!far.destroyed) far.write(piece)
}

/** Says everything a second time on a connection of its own, whose answers nobody hears. */
function echo(near: Socket, far: Socket): void {
  near.on('data', (chunk) => {
    if (!far.destroyed) far.write(chunk)
  })
  far.resume()
  near.on('close', () => far.destroy())
}
