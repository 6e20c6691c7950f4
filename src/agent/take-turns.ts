/**
 * Lets looks of one node wait for each other, however many ask: a source keeps what its next look compares with, so two
 * at once would read each other's half.
 */
export function takeTurns<Result>(
  look: (signal: AbortSignal) => Promise<Result>,
): (signal: AbortSignal) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (signal) => {
    const turn = last.then(() => {
      signal.throwIfAborted()
      return look(signal)
    })
    // Whoever asked is told what went wrong; the next one only waits for the end.
    last = turn.catch(() => undefined)
    return turn
  }
}
