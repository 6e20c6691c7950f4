import t from 'tap'
import {
  dnat,
  dockerRules,
  dockers,
  joined,
  lineOf,
  published,
  SERVER,
  socket,
  WEB,
  WEB_NET,
} from '../../helpers/joined.ts'

t.test('makes one row of a range, and two where something differs', async (t) => {
  const numbers = [8000, 8001, 8002, 8004]
  const given = {
    rows: dockers(numbers.map((port) => published(port, { containerPort: port }))),
    rules: dockerRules(...numbers.map((port) => dnat(port, `172.17.0.2:${port}`))),
    listeners: numbers.map((port) => socket(port, { netInode: WEB_NET, owners: SERVER.owners })),
  }

  t.strictSame(joined(given).ports.map(lineOf), [
    'tcp 0.0.0.0:8000-8002 docker-nat web/8000-8002/tcp yes/yes/no',
    'tcp 0.0.0.0:8004 docker-nat web/8004/tcp yes/yes/no',
  ])
  const deaf = { ...given, listeners: given.listeners.filter(({ port }) => port !== 8001) }
  t.equal(joined(deaf).ports.length, 4)
})

t.test('keeps one container from pushing out others, and says what it cut', async (t) => {
  const many = Array.from({ length: 600 }, (_, index) =>
    socket(10_000 + index * 2, { owners: [{ ...SERVER.owners[0], role: 'listener' }] }),
  )

  const { ports, gaps } = joined({ listeners: [...many, socket(60_000)] })

  t.equal(ports.length, 513)
  t.ok(ports.some(({ hostPort }) => hostPort === 60_000))
  t.match(gaps, [{ source: 'ports', reason: 'too-large', affects: [WEB], detail: /600 ports, of which 512/ }])
})
