import t from 'tap'
import { gap, HOST_INODES } from '../helpers/builders.ts'
import { NO_RULES } from '../helpers/nat.ts'
import { scanned } from '../helpers/scanned.ts'
import { idOf, running } from '../helpers/tasks.ts'

const ID = idOf('a')

t.test('asks for the rules with the containers that run, and reports what could not be read', async (t) => {
  const asked: (readonly string[])[] = []
  const missing = gap({ source: 'nat', subject: 'rules of nftables', reason: 'missing' })
  const read = async (containers: readonly string[]) => {
    asked.push(containers)
    return { ruleset: NO_RULES, gaps: [missing] }
  }

  const { gaps } = await scanned([running({ pid: 50, id: ID })], { nat: { read } })

  t.strictSame(asked, [[ID]])
  t.ok(gaps.includes(missing))
})

t.test('takes a source that throws for a gap that clouds every port', async (t) => {
  const read = async () => {
    throw new Error('broken')
  }

  const { gaps } = await scanned([], { nat: { read } })

  t.match(
    gaps.filter(({ source }) => source === 'nat'),
    [{ affects: ['tcp', 'udp', 'sctp'], detail: 'broken' }],
  )
})

t.test("never takes another net namespace's rules for the host's", async (t) => {
  const asked: unknown[] = []
  const read = async (containers: readonly string[]) => {
    asked.push(containers)
    return { ruleset: NO_RULES, gaps: [] }
  }

  const { gaps } = await scanned([], { nat: { read }, self: { ...HOST_INODES, net: 4026539999 } })

  t.match(
    gaps.filter(({ source }) => source === 'nat'),
    [{ reason: 'unsupported', affects: ['tcp', 'udp', 'sctp'] }],
  )
  t.strictSame(asked, [])
})
