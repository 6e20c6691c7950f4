import { setTimeout as delay } from 'node:timers/promises'

const DEADLINE_MS = 30_000
const POLL_MS = 10

/** Waits until something is true. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  complaint: () => string | Promise<string> = () => `still not true: ${isTrue}`,
): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(await complaint())
    await delay(POLL_MS)
  }
}
