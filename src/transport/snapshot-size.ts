import { ProtocolError, type SnapshotFrame } from './protocol.ts'

/** How large a snapshot may be, all its parts together. */
export interface SnapshotBounds {
  readonly bytes: number
  readonly rows: number
}

/** It is taken over in one transaction: nobody else is served meanwhile, and all of it is in memory. */
export const USUAL_SNAPSHOT: SnapshotBounds = { bytes: 128 * 1024 * 1024, rows: 50_000 }

/** Measures the snapshot that comes in parts on one connection. */
export class SnapshotSize {
  readonly #most: SnapshotBounds
  #bytes = 0
  #rows = 0

  constructor(most: SnapshotBounds) {
    this.#most = most
  }

  /**
   * Takes another part into account; the first begins anew.
   *
   * @throws ProtocolError when the snapshot has become too large
   */
  add({ part, items }: SnapshotFrame, bytes: number): void {
    this.#bytes = bytes + (part === 1 ? 0 : this.#bytes)
    this.#rows = items.length + (part === 1 ? 0 : this.#rows)
    const { bytes: mostBytes, rows: mostRows } = this.#most
    if (this.#bytes > mostBytes) {
      throw new ProtocolError(`a snapshot of more than ${mostBytes} bytes`, { reason: 'too-large' })
    }
    if (this.#rows > mostRows) {
      throw new ProtocolError(`a snapshot of more than ${mostRows} rows`, { reason: 'too-large' })
    }
  }
}
