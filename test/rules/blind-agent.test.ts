import t from 'tap'
import { MISSION_KINDS } from '../../src/model/namespace.ts'
import { blindAgent } from '../../src/rules/blind-agent.ts'
import { baseline, container, gap, snapshot } from '../helpers/builders.ts'

const { net, pid, ...rest } = baseline().node

t.test('stays silent about an agent that sees', (t) => {
  t.strictSame(blindAgent.evaluate(snapshot({ containers: [container()] })), [])
  t.end()
})

t.test('hits where nothing proves what the host is, harder when none of the three kinds is proven', (t) => {
  const why = gap({ source: 'baseline', subject: 'net', reason: 'denied', affects: ['net'] })
  const partly = snapshot({ baseline: baseline({ node: { ...rest, ...(pid && { pid }) } }), gaps: [why] })
  const wholly = snapshot({ baseline: baseline({ node: { ...(rest.mnt && { mnt: rest.mnt }) } }) })

  t.match(blindAgent.evaluate(partly), [
    {
      subject: { type: 'node' },
      fact: 'baseline',
      severity: 'medium',
      summary: "nothing proves the host's net namespace: verdicts on it are unknown",
      evidence: { missing: ['net'], gaps: [why] },
    },
  ])
  t.match(blindAgent.evaluate(wholly), [{ fact: 'baseline', severity: 'high', evidence: { missing: MISSION_KINDS } }])
  t.end()
})

t.test('does not mind a kind beside the mission', (t) => {
  t.strictSame(
    blindAgent.evaluate(
      snapshot({
        baseline: baseline({ node: { ...(net && { net }), ...(pid && { pid }), ...(rest.ipc && { ipc: rest.ipc }) } }),
      }),
    ),
    [],
  )
  t.end()
})

t.test('hits once for each source that could not be read at all', (t) => {
  const gaps = [
    gap(),
    gap({ subject: '/run/other.sock', reason: 'denied' }),
    gap({ source: 'procfs', subject: 'processes', reason: 'denied' }),
  ]

  t.match(blindAgent.evaluate(snapshot({ gaps })), [
    {
      fact: 'source/docker',
      severity: 'medium',
      summary: 'docker could not be read: /run/docker.sock (timeout), /run/other.sock (denied)',
    },
    { fact: 'source/procfs', summary: 'procfs could not be read: processes (denied)' },
  ])
  t.end()
})

t.test('stays silent about a gap that clouds only some kind or container', (t) => {
  const gaps = [gap({ affects: ['tcp'] }), gap({ affects: [container().id] }), gap({ affects: [] })]

  t.strictSame(blindAgent.evaluate(snapshot({ gaps })), [])
  t.end()
})

t.test('names a bounded number of gaps', (t) => {
  const gaps = Array.from({ length: 1_000 }, (_, number) => gap({ subject: `/run/${number}.sock` }))

  const [hit] = blindAgent.evaluate(snapshot({ gaps }))

  t.match(hit?.summary, /7\.sock \(timeout\), and 992 more$/)
  t.notMatch(hit?.summary, /8\.sock/)
  t.match(hit?.evidence, { gaps: { length: 8 } })
  t.end()
})
