import type { Output } from '../io.ts'

const WIDTH = 24
const REDRAW_MS = 80
/** Back to the line's beginning, and clear it. */
const CLEAR_LINE = '\r\x1b[K'

/** A bar that shows how many of all have been done; nothing where nobody looks on. */
export class Progress implements Disposable {
  readonly #stream: Output
  readonly #total: number
  #done = 0
  #drawnAt = Number.NEGATIVE_INFINITY

  constructor(stream: Output, total: number) {
    this.#stream = stream
    this.#total = total
    this.#draw()
  }

  /** Counts one more. */
  advance(): void {
    this.#done += 1
    if (performance.now() - this.#drawnAt >= REDRAW_MS) this.#draw()
  }

  [Symbol.dispose](): void {
    if (this.#stream.isTTY === true) this.#stream.write(CLEAR_LINE)
  }

  #draw(): void {
    if (this.#stream.isTTY !== true) return
    this.#drawnAt = performance.now()
    const full = this.#total === 0 ? WIDTH : Math.min(WIDTH, Math.floor((this.#done / this.#total) * WIDTH))
    const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`
    this.#stream.write(`${CLEAR_LINE}asking ports ${bar} ${this.#done}/${this.#total}`)
  }
}
