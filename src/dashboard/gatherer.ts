/** Passes things on in batches, each thing once a batch. */
export interface Gatherer<Thing> {
  add(things: readonly Thing[]): void
  /** What was not passed on yet never is. */
  stop(): void
}

/** Makes a gatherer: the first thing is passed on at once, what comes within `intervalMs` after it together at their end. */
export function createGatherer<Thing>(pass: (things: readonly Thing[]) => void, intervalMs: number): Gatherer<Thing> {
  const held = new Set<Thing>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  function add(things: readonly Thing[]): void {
    for (const thing of things) held.add(thing)
    if (timer === undefined && !stopped) passOn()
  }

  function passOn(): void {
    timer = undefined
    if (held.size === 0) return
    const things = [...held]
    held.clear()
    timer = setTimeout(passOn, intervalMs)
    pass(things)
  }

  function stop(): void {
    stopped = true
    clearTimeout(timer)
  }

  return { add, stop }
}
