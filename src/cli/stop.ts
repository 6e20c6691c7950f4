const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What a shell reports of a program that a Ctrl-C ended. */
const FORCED = 130

/** What comes sooner is the same wish: npm passes on a Ctrl-C that the terminal has sent to us as well. */
const SAME_WISH_MS = 500

/** When to stop; disposing of it gives signals back their usual meaning. */
export interface Stop extends Disposable {
  readonly signal: AbortSignal
  /** The parent that started us is gone, and with it who we talked to. */
  readonly orphaned: boolean
}

/**
 * Listens for the wish to stop: Ctrl-C and its like, or the end of a parent that started us with an IPC channel, even
 * one that was killed. A second Ctrl-C ends the process at once.
 */
export function listenForStop(): Stop {
  const controller = new AbortController()
  let orphaned = false
  let askedAt = Number.POSITIVE_INFINITY
  const onSignal = () => {
    const now = performance.now()
    if (now - askedAt > SAME_WISH_MS) process.exit(FORCED)
    askedAt = Math.min(askedAt, now)
    controller.abort()
  }
  const onParentGone = () => {
    orphaned = true
    controller.abort()
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  if (process.connected) process.once('disconnect', onParentGone)
  // False, unlike undefined, says that there was a parent, which went while we were loading.
  if (process.connected === false) onParentGone()
  return {
    signal: controller.signal,
    get orphaned() {
      return orphaned
    },
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, onSignal)
      // Who listens to the channel keeps the process alive.
      process.off('disconnect', onParentGone)
    },
  }
}
