import t from 'tap'
import { takeTurns } from '../../src/agent/take-turns.ts'

const NEVER = new AbortController().signal

t.test('lets one look end before the next begins, also where it fails', async (t) => {
  const ends: PromiseWithResolvers<number>[] = []
  const look = takeTurns(() => {
    const end = Promise.withResolvers<number>()
    ends.push(end)
    return end.promise
  })
  const [first, second, third] = [look(NEVER), look(NEVER), look(NEVER)]

  await Promise.resolve()
  t.equal(ends.length, 1)
  ends[0]?.reject(new Error('nothing can be read'))
  await t.rejects(first, { message: 'nothing can be read' })
  await new Promise(setImmediate)
  t.equal(ends.length, 2)
  ends[1]?.resolve(2)
  t.equal(await second, 2)
  await new Promise(setImmediate)
  ends[2]?.resolve(3)
  t.equal(await third, 3)
})

t.test('does not begin what was given up meanwhile', async (t) => {
  const end = Promise.withResolvers<void>()
  let looks = 0
  const look = takeTurns(() => {
    looks += 1
    return end.promise
  })
  const asker = new AbortController()
  const [, waiting] = [look(NEVER), look(asker.signal)]
  asker.abort(new Error('nobody waits'))
  end.resolve()

  await t.rejects(waiting, { message: 'nobody waits' })
  t.equal(looks, 1)
})
