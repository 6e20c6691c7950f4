import { Allowance, type AllowanceSize } from '../../transport/allowance.ts'

/** How often one operator may ask, at one collector. */
export const USUAL_ASKING: AllowanceSize = { burst: 10, perMinute: 20 }

const MOST_OPERATORS = 1000

/** How often each operator may still ask. */
export class Operators {
  readonly #size: AllowanceSize
  /** By name, the one who asked longest ago first. */
  readonly #byName = new Map<string, Allowance>()

  constructor(size: AllowanceSize) {
    this.#size = size
  }

  /** Counts one question, and gives 0, or gives after how many milliseconds the operator may ask. */
  take(operator: string, now: number): number {
    const allowance = this.#byName.get(operator) ?? new Allowance(this.#size, now)
    this.#byName.delete(operator)
    this.#byName.set(operator, allowance)
    const [oldest] = this.#byName.keys()
    if (this.#byName.size > MOST_OPERATORS && oldest !== undefined) this.#byName.delete(oldest)
    return allowance.take(now)
  }
}
