/** Wakes the loop before its time. Several causes before it wakes are one. */
export class Trigger {
  #fired = false
  #wake: (() => void) | undefined

  fire(): void {
    this.#fired = true
    this.#wake?.()
  }

  /** Settles once fired since the last wait, after `ms`, or when the signal fires: true if it was fired. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#fired && !signal.aborted) await this.#sleep(ms, signal)
    const fired = this.#fired
    this.#fired = false
    return fired
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
