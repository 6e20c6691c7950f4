/** How many connections may wait to be welcomed, of all and of one address. */
export interface LobbySize {
  readonly all: number
  readonly ofAddress: number
}

/** Counts the connections that have not been welcomed yet: they cost memory, and nobody knows yet whose they are. */
export class Lobby {
  readonly #size: LobbySize
  readonly #byAddress = new Map<string, number>()
  #all = 0

  constructor(size: LobbySize) {
    this.#size = size
  }

  /** Lets one more in, if there is room, and gives what lets it out again, once however often it is called. */
  enter(address: string): (() => void) | null {
    const waiting = this.#byAddress.get(address) ?? 0
    if (this.#all >= this.#size.all || waiting >= this.#size.ofAddress) return null
    this.#all += 1
    this.#byAddress.set(address, waiting + 1)
    let isInside = true
    return () => {
      if (isInside) this.#leave(address)
      isInside = false
    }
  }

  #leave(address: string): void {
    this.#all -= 1
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, left)
  }
}
