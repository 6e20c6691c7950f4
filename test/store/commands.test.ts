import type { CommandNews } from '../../src/store/command-store.ts'
import { begin, testStores } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

const command = { id: 'c-1', node: 'node-1', question: '{"what":1}', timeoutMs: 1000 }
const retention = { ageMs: 1_000_000, events: 1000 }

testStores('a command is given to one who takes it, and its answer to who reads it', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await begin(store, testStream())
  const { commands } = store

  t.equal(await commands.post(command), 'posted')
  t.strictSame(await commands.listPosted(), [{ id: 'c-1', node: 'node-1' }])
  t.strictSame(await commands.read('c-1'), { isTaken: false, answer: null })
  clock.now += 400
  const takers = await Promise.all([commands.take('c-1'), commands.take('c-1'), commands.take('c-1')])
  t.strictSame(
    takers.filter((taken) => taken !== null),
    [{ question: command.question, leftMs: 600 }],
  )
  t.strictSame(await commands.listPosted(), [])
  t.equal(await commands.withdraw('c-1'), false, 'it is taken')
  const answer = 'x"\u{1f600}'.repeat(1_000_000)
  t.equal(await commands.answer('c-1', answer), true)
  t.equal(await commands.answer('c-1', 'another'), false)
  t.strictSame(await commands.read('c-1'), { isTaken: true, answer })
  await commands.drop('c-1')
  t.equal(await commands.read('c-1'), null)
})

testStores('a command is posted only where somebody may have its agent', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const session = await begin(store, testStream())
  const { commands } = store

  t.equal(await commands.post({ ...command, node: 'node-2' }), 'unknown-node')
  await store.end(session)
  t.equal(await commands.post(command), 'not-connected')
  t.equal(await commands.read('c-1'), null)
})

testStores('a command ends with its deadline, and is forgotten a minute later', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await begin(store, testStream())
  const { commands } = store
  await commands.post(command)
  clock.now += 1000

  t.strictSame(await commands.listPosted(), [])
  t.equal(await commands.take('c-1'), null)
  t.not(await commands.read('c-1'), null)
  clock.now += 59_999
  await store.prune(retention)
  t.not(await commands.read('c-1'), null)
  clock.now += 1
  await store.prune(retention)
  t.equal(await commands.read('c-1'), null)
})

testStores('a withdrawn command is nobody’s, and an answer to it is not kept', async (t, openTestStore) => {
  const { store } = await openTestStore()
  await begin(store, testStream())
  const { commands } = store
  await commands.post(command)

  t.equal(await commands.withdraw('c-1'), true)
  t.equal(await commands.take('c-1'), null)
  t.equal(await commands.answer('c-1', 'too late'), false)
})

testStores('no more than a hundred commands wait', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await begin(store, testStream())
  const { commands } = store
  const post = (number: number) => commands.post({ ...command, id: `c-${number}` })
  for (let number = 0; number < 100; number += 1) t.equal(await post(number), 'posted')

  t.equal(await post(100), 'too-many')
  clock.now += 61_000
  t.equal(await post(101), 'posted', 'the old ones are forgotten')
})

testStores('what happens to a command is told', async (t, openTestStore) => {
  const news: CommandNews[] = []
  const { store } = await openTestStore((told) => void news.push(told))
  await begin(store, testStream())
  const { commands } = store
  await commands.post(command)
  await commands.take('c-1')
  await commands.answer('c-1', '{}')

  const told = () => news.filter(({ kind }) => kind !== 'missed')
  await until(() => (told().length >= 3 ? true : undefined))
  t.strictSame(
    told(),
    (['posted', 'taken', 'answered'] as const).map((kind) => ({ kind, id: 'c-1', node: 'node-1' })),
  )
})
