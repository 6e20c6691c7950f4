import t from 'tap'
import { ProcfsListeners } from '../../../src/sources/procfs/listeners.ts'
import { createFileReader } from '../../../src/sources/procfs/read-file.ts'
import { lookAt, netOf, startProgram, whyNoListening, wordsOf } from '../../helpers/listening.ts'
import { unshared } from '../../helpers/namespaces.ts'

const skip = whyNoListening()

/** A reader with a clock that a test moves. */
function clocked() {
  const time = { now: 1000 }
  const source = new ProcfsListeners({ root: '/proc', readFile: createFileReader() }, () => time.now)
  return { time, source }
}

t.test('tells IPv4, IPv6, mapped and loopback listeners of a net namespace apart', { skip }, async (t) => {
  const program = await startProgram(
    t,
    `await tcp('a', { port: 1001, host: '0.0.0.0' })
     await tcp('b', { port: 1002, host: '127.0.0.1' })
     await tcp('c', { port: 1003, host: '::1' })
     await tcp('d', { port: 1004, host: '::ffff:127.0.0.2' })
     await tcp('e', { port: 1005, host: '::' })
     await tcp('i', { port: 1009, host: '::', ipv6Only: true })
     await udp('j', 'udp6', { port: 1010 })
     await udp('f', 'udp4', { port: 1006, address: '127.0.0.1' })
     await udp('g', 'udp6', { port: 1007, address: '::1' })
     await udp('h', 'udp4', { port: 1008, address: '127.0.0.1' })
     await new Promise((done) => open.get('h').connect(1006, '127.0.0.1', done))
     await once(connect(1001, '127.0.0.1'), 'connect')`,
  )

  const { sockets, gaps, unread } = lookAt(clocked().source, program)

  t.strictSame(wordsOf(sockets), [
    'tcp 0.0.0.0 1001 ipv4',
    'tcp 127.0.0.1 1002 ipv4',
    'tcp 127.0.0.2 1004 ipv4 mapped',
    'tcp :: 1005 dual',
    'tcp :: 1009 ipv6',
    'tcp ::1 1003 ipv6',
    'udp 127.0.0.1 1006 ipv4',
    'udp :: 1010 dual',
    'udp ::1 1007 ipv6',
  ])
  t.ok(sockets.every(({ netInode, socketInode }) => netInode === program.inode && socketInode > 0))
  t.ok(sockets.every(({ holders }) => holders.length === 1 && holders[0]?.pid === program.pid))
  t.strictSame([gaps, unread], [[], []])
})

t.test('finds nothing in an empty net namespace, which is not the same as not looking', { skip }, async (t) => {
  const { pid, end } = await unshared(t, '--net')
  const space = { inode: netOf(pid) }

  t.strictSame(lookAt(clocked().source, space), { sockets: [], unread: [], gaps: [] })
  const { source } = clocked()
  await end()
  const gone = { ...space, tasks: [{ pid, tid: pid }], isHost: true, containerIds: [] }
  t.match(source.read([gone], [], undefined), {
    sockets: [],
    unread: [space.inode],
    gaps: [{ subject: 'listeners of the host', affects: ['net', 'tcp', 'udp'] }],
  })
})

t.test('tells nothing of a task that is in another net namespace', { skip }, async (t) => {
  const program = await startProgram(t, `await tcp('a', { port: 1001, host: '127.0.0.1' })`)
  const elsewhere = { inode: netOf(process.pid), tasks: [{ pid: program.pid, tid: program.pid }] }

  const { sockets } = clocked().source.read([{ ...elsewhere, isHost: false, containerIds: [] }], [], undefined)

  t.strictSame(sockets, [])
})

t.test(
  'takes an ephemeral UDP socket for a server at its third look, and forgets it with the socket',
  { skip },
  async (t) => {
    const program = await startProgram(
      t,
      `await udp('server', 'udp4', { port: 40000, address: '127.0.0.1' })
     await udp('other', 'udp4', { port: 53, address: '127.0.0.1' })`,
    )
    const { source } = clocked()
    const look = () => wordsOf(lookAt(source, program).sockets)

    t.strictSame(look(), ['udp 127.0.0.1 53 ipv4'])
    await program.run(`await close('server'); await udp('server', 'udp4', { port: 40001, address: '127.0.0.1' })`)
    t.strictSame(look(), ['udp 127.0.0.1 53 ipv4'], 'another one in its place begins anew')
    t.strictSame(look(), ['udp 127.0.0.1 53 ipv4'])
    t.strictSame(look(), ['udp 127.0.0.1 40001 ipv4', 'udp 127.0.0.1 53 ipv4'])
    t.strictSame(look(), ['udp 127.0.0.1 40001 ipv4', 'udp 127.0.0.1 53 ipv4'])
    await program.run(`await close('server')`)
    t.strictSame(look(), ['udp 127.0.0.1 53 ipv4'])
  },
)

t.test('sees at once that a listener was closed and another one opened, by its descriptor', { skip }, async (t) => {
  const program = await startProgram(t, `await tcp('a', { port: 1001, host: '127.0.0.1' })`)
  const { source } = clocked()
  t.strictSame(wordsOf(lookAt(source, program).sockets), ['tcp 127.0.0.1 1001 ipv4'])

  await program.run(`await close('a'); await tcp('b', { port: 1002, host: '127.0.0.1' })`)

  t.strictSame(wordsOf(lookAt(source, program).sockets), ['tcp 127.0.0.1 1002 ipv4'])
})

t.test('sees in its turn a listener that took another socket’s place', { skip }, async (t) => {
  const program = await startProgram(
    t,
    `await tcp('a', { port: 1001, host: '127.0.0.1' })
     open.set('client', connect(1001, '127.0.0.1'))
     const [peer] = await once(open.get('a'), 'connection')
     open.set('peer', peer.on('error', () => {}))`,
  )
  const { source, time } = clocked()
  const look = () => wordsOf(lookAt(source, program).sockets)
  t.strictSame(look(), ['tcp 127.0.0.1 1001 ipv4'])

  await program.run(
    `open.get('client').resetAndDestroy()
     await new Promise((done) => open.get('peer').once('close', done))
     await tcp('b', { port: 1002, host: '127.0.0.1' })
     await tcp('c', { port: 1003, host: '127.0.0.1' })`,
  )
  time.now += 59_000
  t.strictSame(look(), ['tcp 127.0.0.1 1001 ipv4'], 'there are three sockets as before, and its descriptor is open')
  time.now += 2000
  t.strictSame(look(), ['tcp 127.0.0.1 1001 ipv4', 'tcp 127.0.0.1 1002 ipv4', 'tcp 127.0.0.1 1003 ipv4'])
})

t.test('reads thousands of listeners beside connections, each with its owner', { skip }, async (t) => {
  const program = await startProgram(
    t,
    `for (let port = 1; port <= 3000; port++) await tcp(port, { port, host: '127.0.0.1' })
     for (let port = 1; port <= 200; port++) await once(open.set('c' + port, connect(port, '127.0.0.1')).get('c' + port), 'connect')`,
  )

  const { sockets, gaps } = lookAt(clocked().source, program)

  t.strictSame(
    sockets.map(({ port }) => port).toSorted((a, b) => a - b),
    Array.from({ length: 3000 }, (_, index) => index + 1),
  )
  t.ok(sockets.every(({ holders }) => holders.length === 1 && holders[0]?.pid === program.pid))
  t.strictSame(gaps, [])
})
