import t from 'tap'
import type { KeptReport } from '../../../src/cli/start/kept-report.ts'
import { Narrator } from '../../../src/cli/start/narrator.ts'
import type { FindingView } from '../../../src/model/view.ts'
import type { Changed } from '../../../src/store/store.ts'
import { container, report, TAKEN_AT } from '../../helpers/builders.ts'
import { plainView } from '../../helpers/plain-view.ts'
import { until } from '../../helpers/until.ts'
import { findingView } from '../../helpers/views.ts'

function changed(...findings: readonly FindingView[]): Changed {
  return { node: 'node-1', types: ['node', 'finding'], findings }
}

function narrate(readReport: (node: string) => Promise<KeptReport | null>) {
  const told: string[] = []
  const errors: unknown[] = []
  const narrator = new Narrator({
    readReport,
    ruleIds: ['shared-net-namespace'],
    view: plainView(),
    tell: (text) => told.push(text),
    onError: (error) => errors.push(error),
  })
  const lines = (number: number) => until(() => (told.length >= number ? told : undefined))
  return { narrator, told, errors, lines }
}

function kept(...findings: readonly FindingView[]): KeptReport {
  return { ...report({ containers: [container()] }), findings }
}

t.test('tells everything of the first look, once there is one', async (t) => {
  let looked: KeptReport | null = null
  const { narrator, told, lines } = narrate(async () => looked)

  narrator.hear(changed(findingView({ id: 'early' })))
  await new Promise(setImmediate)
  t.strictSame(told, [])
  looked = kept(findingView())
  narrator.hear(changed())

  const [text] = await lines(1)
  t.match(text, /^\nnode {6}node-1[\s\S]*CONTAINER[\s\S]*1 finding: 1 high\.\n$/)
})

t.test('tells in a line what opens and what is resolved, and how', async (t) => {
  const { narrator, lines } = narrate(async () => kept(findingView()))
  const subject = { type: 'container', pod: 'shop/cart\u001b' } as const

  narrator.hear(changed())
  narrator.hear(changed(findingView({ id: 'new', summary: 'db\u001b[31m runs', severity: 'critical', subject })))
  narrator.hear(changed(findingView({ status: 'resolved', resolvedAt: TAKEN_AT + 2000, resolution: 'fixed' })))

  const [, ...rest] = await lines(3)
  t.strictSame(rest, [
    '2026-01-02 03:04:05Z  opened critical  db\\x1b[31m runs in pod shop/cart\\x1b (shared-net-namespace)',
    "2026-01-02 03:04:07Z  resolved high  web runs in the host's network namespace (shared-net-namespace): no longer so",
  ])
})

t.test('says nothing of what only changed, and tells a new episode again', async (t) => {
  const { narrator, told, lines } = narrate(async () => kept(findingView()))

  narrator.hear(changed())
  narrator.hear(changed(findingView({ stale: true })))
  narrator.hear(
    changed(findingView({ id: 'never told', status: 'resolved', resolvedAt: TAKEN_AT, resolution: 'gone' })),
  )
  narrator.hear(changed(findingView({ openedAt: TAKEN_AT + 5000, episodes: 2 })))

  await lines(2)
  t.equal(told.length, 2)
  t.match(told[1], '2026-01-02 03:04:10Z  opened high')
})

t.test('tells what is accepted, and what is open again when that ends', async (t) => {
  const { narrator, told, lines } = narrate(async () =>
    kept(findingView(), findingView({ id: 'accepted from the first', status: 'accepted' })),
  )
  const acceptance = { exception: 'x', reason: 'it\nmust', expiresAt: null }

  narrator.hear(changed())
  narrator.hear(changed(findingView({ status: 'accepted', acceptance })))
  narrator.hear(changed(findingView()))
  narrator.hear(changed(findingView({ id: 'accepted from the first', status: 'resolved', resolvedAt: TAKEN_AT })))

  await lines(3)
  t.match(told.slice(1), [/accepted high {2}web runs .*: it\\x0amust$/, /opened high {2}web runs/])
  t.equal(told.length, 3)
})

t.test('says that it cannot tell when the store fails, and goes on', async (t) => {
  let fails = true
  const { narrator, errors, lines } = narrate(async () => {
    if (fails) throw new Error('disk I/O error')
    return kept()
  })

  narrator.hear(changed())
  await until(() => errors[0])
  fails = false
  narrator.hear(changed())

  await lines(1)
  t.match(errors, [{ message: 'disk I/O error' }])
})
