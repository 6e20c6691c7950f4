import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** Serves each TCP connection so until the test ends; gives the port. */
export async function serveTcp(t: Test, serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  return await listening(t, createServer(serve), host)
}

/** Lets any server listen on a free port until the test ends, with all its connections; gives the port. */
export async function listening(t: Test, server: Server, host = '127.0.0.1'): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    // Whoever asked may be gone before the answer is.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => open.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of open) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return portOf(server)
}

/** Gives a port that nobody listened on a moment ago. */
export async function freePort(t: Test): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  t.not(port, 0)
  return port
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}
