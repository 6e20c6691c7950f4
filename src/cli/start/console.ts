import type { Io } from '../io.ts'

const REDRAW_MS = 200
const MS_PER_S = 1000
/** Back to the line's beginning, and clear it. */
const CLEAR_LINE = '\r\x1b[K'

/** Where `start` speaks: results on stdout, the rest on stderr, and a progress line that gives way to both. */
export class Console {
  readonly #io: Pick<Io, 'stdout' | 'stderr'>
  #timer: NodeJS.Timeout | null = null

  constructor(io: Pick<Io, 'stdout' | 'stderr'>) {
    this.#io = io
  }

  /** Prints a result. */
  result(text: string): void {
    this.#clear()
    this.#io.stdout.write(`${text}\n`)
  }

  /** Notes what happens around the results. */
  note(text: string): void {
    this.#clear()
    this.#io.stderr.write(`${text}\n`)
  }

  /** Shows that something goes on, and for how long; on a pipe it says so once. */
  begin(what: string): void {
    if (this.#io.stderr.isTTY !== true) {
      this.note(what)
      return
    }
    const since = performance.now()
    this.#timer = setInterval(() => {
      const seconds = (performance.now() - since) / MS_PER_S
      this.#io.stderr.write(`${CLEAR_LINE}${what} ${seconds.toFixed(1)} s`)
    }, REDRAW_MS)
  }

  /** Takes the progress line away. */
  end(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#clear()
    this.#timer = null
  }

  #clear(): void {
    if (this.#timer !== null) this.#io.stderr.write(CLEAR_LINE)
  }
}
