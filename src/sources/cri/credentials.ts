import type { Socket } from 'node:net'
import type { ChannelCredentials, credentials } from '@grpc/grpc-js'

/** Credentials of a channel in the clear whose sockets can be destroyed. */
export interface SeverableCredentials {
  readonly credentials: ChannelCredentials
  /** Destroys every socket that the channel has, and any that it still opens. */
  sever(): void
}

/**
 * Makes credentials that remember their channel's sockets: a channel that is closed while it waits for the other end's
 * HTTP/2 settings leaves its socket open for ever (@grpc/grpc-js 1.14), one for every look at a runtime that hangs.
 */
export function createSeverableCredentials(grpc: typeof credentials): SeverableCredentials {
  const plain = grpc.createInsecure()
  const sockets = new Set<Socket>()
  let isSevered = false
  const create = plain._createSecureConnector.bind(plain)
  plain._createSecureConnector = (...args) => {
    const connector = create(...args)
    const connect: typeof connector.connect = async (socket) => {
      sockets.add(socket.once('close', () => sockets.delete(socket)))
      if (isSevered) socket.destroy()
      return await connector.connect(socket)
    }
    return { ...connector, connect }
  }
  return {
    credentials: plain,
    sever() {
      isSevered = true
      for (const socket of sockets) socket.destroy()
    },
  }
}
