import { t } from 'tap'
import { RollCall, type RollCallDeps } from '../../src/store/roll-call.ts'

/** Makes roll calls that hear each other. */
function listening(answers: Readonly<Record<string, RollCallDeps['isAlive']>>): Record<string, RollCall> {
  const calls: Record<string, RollCall> = {}
  const say = async (payload: string) => {
    for (const call of Object.values(calls)) call.hear(payload)
  }
  for (const [replica, isAlive] of Object.entries(answers)) {
    calls[replica] = new RollCall({ replica, isAlive, say, onTrouble: () => undefined, patienceMs: 50 })
  }
  return calls
}

t.test('asks the collector that is meant, and no other', async (t) => {
  const { a, b, c } = listening({
    a: async () => true,
    b: async (agentId) => agentId === 'agent-1',
    c: async () => t.fail('it was not asked'),
  })

  t.equal(await a?.ask('b', 'agent-1'), true)
  t.equal(await a?.ask('b', 'agent-2'), false)
  t.equal(await b?.ask('a', 'agent-2'), true)
  t.ok(c)
})

t.test('takes a collector that does not answer for gone', async (t) => {
  const { a } = listening({ a: async () => true, b: () => new Promise(() => undefined) })

  t.equal(await a?.ask('b', 'agent-1'), false)
  t.equal(await a?.ask('nobody', 'agent-1'), false)
})

t.test('makes nothing of what a later version says, and tells of what is no JSON', (t) => {
  const { a } = listening({ a: async () => true })

  a?.hear('{"kind":"count","to":"a","id":"1"}')
  t.throws(() => a?.hear('{'))
  t.end()
})
