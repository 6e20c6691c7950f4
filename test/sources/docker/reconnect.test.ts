import t, { type Test } from 'tap'
import { followEvents } from '../../../src/sources/docker/events.ts'

const SHORTEST_FOURTH_PAUSE_MS = 1000

t.test('pauses longer each time the stream ends as soon as it was opened', async (t) => {
  const opened = await timesOfOpening(t, 5)

  // Timers may fire a moment early.
  t.ok((opened[4] ?? 0) - (opened[3] ?? 0) >= SHORTEST_FOURTH_PAUSE_MS - 20, String(opened))
})

t.test('pauses shortly after a stream that lived long', async (t) => {
  let now = 0
  t.intercept(performance, 'now', { value: () => now })
  const opened = await timesOfOpening(t, 5, (times) => {
    if (times === 4) now += 10_000
  })

  t.ok((opened[4] ?? 0) - (opened[3] ?? 0) < SHORTEST_FOURTH_PAUSE_MS, String(opened))
})

/** Follows streams that end at once, until so many were opened; gives when each was. */
async function timesOfOpening(t: Test, count: number, onOpen: (times: number) => void = () => undefined) {
  const stop = new AbortController()
  const opened: number[] = []
  const follower = {
    open: async () => empty(),
    timeoutMs: 10_000,
    onOpen: () => {
      opened.push(Date.now())
      onOpen(opened.length)
      if (opened.length === count) stop.abort()
    },
    onEvent: () => undefined,
    onLost: () => undefined,
  }
  t.teardown(() => stop.abort())
  await followEvents(follower, stop.signal)
  return opened
}

async function* empty(): AsyncGenerator<string> {
  yield ''
}
