import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE_MS = 20_000
const POLL_MS = 5

/**
 * Asks again until there is an answer other than undefined.
 *
 * @throws {Error} when there is none in 20 s
 */
export async function until<Answer>(ask: () => Answer | undefined | Promise<Answer | undefined>): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`no answer in ${PATIENCE_MS} ms: ${ask}`)
    await delay(POLL_MS)
  }
}
