import { once } from 'node:events'
import t, { type Test } from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import { connectLive } from '../../src/dashboard/live.ts'

t.test('is live after the greeting, says when it is lost, and comes back by itself', async (t) => {
  const { server, url } = await listen(t)
  const states = record<string>()
  const end = connectLive({ url, onState: states.add, onMessage: () => {} })
  t.teardown(end)

  const [first]: WebSocket[] = await once(server, 'connection')
  first?.send('{"type":"hello","version":"1"}')
  t.equal(await states.next(), 'live')
  first?.terminate()
  t.equal(await states.next(), 'lost')
  const [second]: WebSocket[] = await once(server, 'connection')
  second?.send('{"type":"hello","version":"1"}')
  t.equal(await states.next(), 'live')
})

t.test('hands on what changed', async (t) => {
  const { server, url } = await listen(t)
  const messages = record<unknown>()
  const end = connectLive({ url, onState: () => {}, onMessage: messages.add })
  t.teardown(end)

  const [socket]: WebSocket[] = await once(server, 'connection')
  socket?.send('{"type":"changed","node":"a","types":["finding"]}')

  t.strictSame(await messages.next(), { type: 'changed', node: 'a', types: ['finding'] })
})

t.test('an ended one does not come back', async (t) => {
  const { server, url } = await listen(t)
  const states = record<string>()
  const end = connectLive({ url, onState: states.add, onMessage: () => {} })

  const [socket]: WebSocket[] = await once(server, 'connection')
  const closed = socket === undefined ? null : once(socket, 'close')
  end()
  await closed

  t.strictSame(states.left(), [])
})

async function listen(t: Test): Promise<{ readonly server: WebSocketServer; readonly url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const address = server.address()
  return { server, url: `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

/** Keeps what comes in order, and waits for the next. */
function record<Item>() {
  const items: Item[] = []
  let wake = () => {}
  return {
    add: (item: Item) => {
      items.push(item)
      wake()
    },
    next: async () => {
      while (items.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      return items.shift()
    },
    left: () => items,
  }
}
