/** Reads something again when asked, never twice at once and not more often than every `intervalMs`. */
export interface Refresher {
  refresh(): void
  stop(): void
}

/** Makes a refresher; `read` handles its own errors and stops at the signal. */
export function createRefresher(read: (signal: AbortSignal) => Promise<void>, intervalMs: number): Refresher {
  const abort = new AbortController()
  let busy = false
  let again = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function refresh(): void {
    if (busy) {
      again = true
      return
    }
    busy = true
    again = false
    read(abort.signal).then(rest, rest)
  }

  function rest(): void {
    if (abort.signal.aborted) return
    timer = setTimeout(() => {
      busy = false
      if (again) refresh()
    }, intervalMs)
  }

  function stop(): void {
    abort.abort()
    clearTimeout(timer)
  }

  return { refresh, stop }
}
