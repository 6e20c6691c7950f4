import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { ask } from '../helpers/probing.ts'

/** A UDP socket on a free port of loopback; it is gone with the test. */
async function bound(t: Test, type: 'udp4' | 'udp6' = 'udp4') {
  const socket = createSocket(type)
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
  await once(socket, 'listening')
  let open = true
  const close = () => {
    if (open) socket.close()
    open = false
  }
  t.teardown(close)
  return { socket, port: socket.address().port, close }
}

t.test('says open of who answers, and as what where it is asked', async (t) => {
  const { socket, port } = await bound(t)
  socket.on('message', (_message, { port, address }) => socket.send('hello there', port, address))

  t.match(await ask({ port, protocol: 'udp' }), {
    protocol: 'udp',
    outcome: 'open',
    identity: { protocol: 'banner', banner: 'hello there' },
  })
  const answer = await ask({ port, protocol: 'udp' }, {}, 'connect')
  t.equal(answer.outcome, 'open')
  t.notOk('identity' in answer)
})

t.test('says silent of who takes datagrams and answers none', async (t) => {
  const { port } = await bound(t)

  t.match(await ask({ port, protocol: 'udp' }, { datagramMs: 60 }), { outcome: 'silent' })
})

t.test('says refused only where the kernel says that nobody is there', async (t) => {
  const v4 = await bound(t)
  const v6 = await bound(t, 'udp6')
  v4.close()
  v6.close()

  t.match(await ask({ port: v4.port, protocol: 'udp' }), { outcome: 'refused' })
  t.match(await ask({ port: v6.port, protocol: 'udp', address: '::1' }), { outcome: 'refused' })
})

t.test('says of an address that cannot be reached from here that it cannot', async (t) => {
  t.match(await ask({ port: 9, protocol: 'udp', address: '127.255.255.255' }), { outcome: 'failed', detail: 'EACCES' })
})
