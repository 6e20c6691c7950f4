import { type Digest, emptyDigest, toggle } from '../model/digest.ts'
import { hashRow } from './digest.ts'

interface Row {
  readonly text: string
  readonly hash: Digest
}

/** The rows of the keyed state as they stand in a snapshot, each by its `stateKey`, and the digest of all. */
export class KeptRows {
  readonly #rows = new Map<string, Row>()
  readonly #digest = emptyDigest()

  constructor(rows: Iterable<readonly [string, string]> = []) {
    for (const [stateKey, text] of rows) this.set(stateKey, text)
  }

  get digest(): Digest {
    return this.#digest.slice()
  }

  get texts(): string[] {
    return Array.from(this.#rows.values(), ({ text }) => text)
  }

  get keys(): Iterable<string> {
    return this.#rows.keys()
  }

  read(stateKey: string): string | null {
    return this.#rows.get(stateKey)?.text ?? null
  }

  /** Puts a row, or deletes it where the text is null, and gives what that toggles in the digest. */
  set(stateKey: string, text: string | null): Digest {
    const effect = emptyDigest()
    const old = this.#rows.get(stateKey)
    if (old !== undefined) toggle(effect, old.hash)
    if (text === null) this.#rows.delete(stateKey)
    else {
      const hash = hashRow(text)
      toggle(effect, hash)
      this.#rows.set(stateKey, { text, hash })
    }
    toggle(this.#digest, effect)
    return effect
  }
}
