import { t } from 'tap'
import { Together } from '../../src/store/together.ts'

t.test('does at once what many ask for while another run is under way', async (t) => {
  const runs: (readonly number[])[] = []
  const entered = Promise.withResolvers<void>()
  const leave = Promise.withResolvers<void>()
  const together = new Together(async (items: readonly number[]) => {
    runs.push(items)
    entered.resolve()
    await leave.promise
    return items.map((item) => item * 2)
  }, 3)
  const first = together.ask(1)
  await entered.promise
  const others = [2, 3, 4, 5].map((item) => together.ask(item))
  let settled = false
  const settling = together.settled().then(() => {
    settled = true
  })
  leave.resolve()
  await first
  t.notOk(settled, 'others wait still')

  t.strictSame(await Promise.all([first, ...others]), [2, 4, 6, 8, 10])
  t.strictSame(runs, [[1], [2, 3, 4], [5]])
  await settling
})

t.test('lets nobody fail for another', async (t) => {
  const together = new Together(async (items: readonly string[]) => {
    if (items.includes('bad')) throw new Error('a bad one')
    return items.map((item) => item.toUpperCase())
  }, 10)
  const asked = ['a', 'bad', 'b'].map((item) => together.ask(item))

  t.match(await Promise.allSettled(asked), [{ value: 'A' }, { reason: { message: 'a bad one' } }, { value: 'B' }])
  t.equal(await together.ask('c'), 'C', 'and goes on')
})

t.test('leaves nobody without an answer', async (t) => {
  const together = new Together(async () => [1], 10)

  t.match(await Promise.allSettled([together.ask('a'), together.ask('b')]), [
    { value: 1 },
    { reason: { message: 'asked for 2 at once, and got 1' } },
  ])
})
