/** Does for all at once what many ask for at the same time: while one run is under way, the next one gathers. */
export class Together<Item, Result> {
  readonly #run: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #most: number
  readonly #waiting: Asked<Item, Result>[] = []
  #running: Promise<void> | null = null

  /**
   * @param run gives a result for each item, in their order
   * @param most how many items one run takes
   */
  constructor(run: (items: readonly Item[]) => Promise<readonly Result[]>, most: number) {
    this.#run = run
    this.#most = most
  }

  /** A run that fails takes nobody with it who would not fail alone. */
  ask(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#waiting.push({ item, resolve, reject })
    this.#running ??= this.#runAll()
    return promise
  }

  /** Settles when nobody waits for an answer any more. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #runAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Whatever the other sockets have for us by now comes along.
      await new Promise((resolve) => setImmediate(resolve))
      await this.#runOne(this.#waiting.splice(0, this.#most))
    }
    this.#running = null
  }

  async #runOne(asked: readonly Asked<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#run(asked.map(({ item }) => item))
      for (const [index, { resolve, reject }] of asked.entries()) {
        const result = results[index]
        if (result === undefined) reject(new Error(`asked for ${asked.length} at once, and got ${results.length}`))
        else resolve(result)
      }
    } catch (error) {
      if (asked.length === 1) asked[0]?.reject(error)
      else await Promise.all(asked.map((one) => this.#runOne([one])))
    }
  }
}

interface Asked<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}
