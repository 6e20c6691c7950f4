import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface Proxy {
  readonly port: number
  /** How many connections it has cut. */
  readonly cuts: number
  /** From now on connections pass whole. */
  calm(): void
}

export interface ProxyOptions {
  readonly targetPort: number
  /** Draws after how many bytes, of both directions together, a connection is cut. */
  readonly bytesToCut: () => number
}

/** Starts a proxy on loopback that cuts every connection somewhere, mostly in the middle of something. */
export async function startProxy(t: Test, { targetPort, bytesToCut }: ProxyOptions): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let cuts = 0
  let isCalm = false

  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    let left = bytesToCut()
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (chunk) => {
        to.write(isCalm ? chunk : chunk.subarray(0, left))
        left -= chunk.length
        if (isCalm || left > 0) return
        cuts += 1
        to.destroySoon()
        from.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    port: address.port,
    get cuts() {
      return cuts
    },
    calm: () => {
      isCalm = true
    },
  }
}
