import t from 'tap'
import { judgeFree } from '../../src/agent/free-port.ts'
import type { Port } from '../../src/model/port.ts'
import { gap, port, snapshot } from '../helpers/builders.ts'

const RANGES = { ephemeral: { from: 32_768, to: 60_999 } }
const WANTED = { port: 9002, protocol: 'tcp' } as const

const verdictOf = (...ports: readonly Port[]) => judgeFree(snapshot({ ports }), WANTED, RANGES).verdict
const declared = (by: 'cri' | 'docker' | 'image') => [{ by, containerId: 'c0ffee', implicit: false }]

t.test('a port that nobody has is free', async (t) => {
  t.strictSame(judgeFree(snapshot(), WANTED, RANGES), { verdict: 'free', holders: [], gaps: [], notes: [] })
  t.equal(verdictOf(port({ hostPort: 9003 }), port({ protocol: 'udp' })), 'free')
})

t.test('a port is taken by whatever binds or maps it, and by name of the mechanism', async (t) => {
  for (const mechanism of [
    'host-listener',
    'docker-nat',
    'cni-portmap-nft',
    'node-port',
    'ipvs',
    'nat-rule',
  ] as const) {
    const given = snapshot({ ports: [port({ mechanism })] })
    t.match(judgeFree(given, WANTED, RANGES), { verdict: 'taken', holders: [{ mechanism }] })
  }
})

t.test(
  'a port that a live container declares is taken, though nobody answers; what an image says takes none',
  async (t) => {
    t.equal(verdictOf(port({ mechanism: 'none', declaredBy: declared('cri') })), 'taken')
    t.equal(verdictOf(port({ mechanism: 'unknown', declaredBy: declared('docker') })), 'taken')
    t.equal(verdictOf(port({ mechanism: 'none', declaredBy: declared('image') })), 'free')
  },
)

t.test('nobody can tell where a gap may hide who has it, or a row says that nobody could look', async (t) => {
  for (const affects of ['*', ['tcp', 'udp'], ['net']] as const) {
    const clouding = gap({ affects })
    t.match(judgeFree(snapshot({ gaps: [clouding] }), WANTED, RANGES), { verdict: 'unknown', gaps: [clouding] })
  }
  t.equal(
    judgeFree(snapshot({ gaps: [gap({ affects: ['udp'] }), gap({ affects: [] })] }), WANTED, RANGES).verdict,
    'free',
  )
  t.equal(verdictOf(port({ mechanism: 'unknown' })), 'unknown')
})

t.test('a port that is taken is taken whatever could not be seen', async (t) => {
  const given = snapshot({ ports: [port()], gaps: [gap({ affects: '*' })] })

  t.match(judgeFree(given, WANTED, RANGES), { verdict: 'taken', gaps: [] })
})

t.test('says of ranges that others hand out that it is in them', async (t) => {
  const notes = (port: number, ranges: typeof RANGES | { readonly ephemeral: null } = RANGES) =>
    judgeFree(snapshot(), { port, protocol: 'tcp' }, ranges).notes

  t.match(notes(30_000), [/range of NodePorts \(30000-32767\)/])
  t.match(notes(40_000), [/gives to clients \(32768-60999\)/])
  t.strictSame(notes(40_000, { ephemeral: null }), [])
})
