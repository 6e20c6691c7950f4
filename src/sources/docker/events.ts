import { setTimeout as delay } from 'node:timers/promises'
import { parseEvent } from './docker-schema.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000
/** A stream that lived this long has not failed at once: the next pause is short again. */
const STABLE_MS = 10_000
const LONGEST_LINE = 1 << 18

/** What following the events of one runtime needs, and whom it tells. */
export interface Follower {
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<Buffer | string>>
  /** How long opening may take. */
  readonly timeoutMs: number
  /** Called when events begin to arrive: what happened before may have been missed. */
  readonly onOpen: () => void
  readonly onEvent: (event: { action: string; id: string; name: string }) => void
  /** Called when events cease to arrive. */
  readonly onLost: () => void
}

/** Follows a runtime's events until the signal, and connects again with growing pauses whenever they cease. */
export async function followEvents(follower: Follower, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    failures = (await followOnce(follower, signal)) ? 1 : failures + 1
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
    await delay(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
  }
}

/** Follows until the stream ends; gives whether it was stable. Why it ended is not told: list() meets it and says so. */
async function followOnce(follower: Follower, signal: AbortSignal): Promise<boolean> {
  const connection = new AbortController()
  const lifetime = AbortSignal.any([signal, connection.signal])
  const timer = setTimeout(() => connection.abort(), follower.timeoutMs)
  const stream = await follower.open(lifetime).catch(() => null)
  clearTimeout(timer)
  if (stream === null) return false
  const since = performance.now()
  follower.onOpen()
  await readEvents(stream, follower.onEvent).catch(() => undefined)
  connection.abort()
  follower.onLost()
  return performance.now() - since >= STABLE_MS
}

async function readEvents(stream: AsyncIterable<Buffer | string>, onEvent: Follower['onEvent']): Promise<void> {
  let rest = ''
  for await (const chunk of stream) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new RangeError(`an event of more than ${LONGEST_LINE} characters`)
    for (const line of lines) onEvent(parseEvent(line))
  }
}
