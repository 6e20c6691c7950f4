import { type Digest, emptyDigest, sameDigest, toggle } from '../model/digest.ts'
import type { Look } from '../model/look.ts'
import type { Want } from '../model/stream.ts'
import { digestText } from './digest.ts'
import { packRows } from './pack-rows.ts'
import { encodeFrame, encodeRows } from './protocol.ts'
import type { Spool, SpooledEvent } from './spool.ts'

/** Of a frame that the collector has read in part it can store nothing, and of thousands of agents it has as many. */
const MAX_BATCH_BYTES = 128 * 1024

/** Sends a frame; resolves when it has left the process, or never will because the connection ended. */
export type Send = (frame: string) => Promise<void>

interface SentBatch {
  readonly lastSeq: number
  readonly bytes: number
}

/** Decides what one connection sends next: a snapshot where one is due, else batches within the window, then a look. */
export class Outbox {
  readonly #spool: Spool
  readonly #send: Send
  #windowBytes = 0
  #nextSeq = 0
  #digest: Digest = emptyDigest()
  #snapshotDue = false
  /** The collector's state has diverged: a snapshot is due once all that waits is sent, so that no history is lost. */
  #snapshotAsked = false
  #sendingSnapshot = false
  /** Those of this connection that have been given up: acks that were under way are no error. */
  readonly #pastEpochs = new Set<string>()
  readonly #unacked: SentBatch[] = []
  #unackedBytes = 0
  #look: Look | null = null

  constructor(spool: Spool, send: Send) {
    this.#spool = spool
    this.#send = send
  }

  /**
   * Begins where the collector wants it; nothing is sent before.
   *
   * @returns true when what the collector has is not what this spool told: it went back in time, or is a copy, and
   *   numbers were given out twice
   */
  begin(
    want: Want,
    ackedSeq: number,
    { stored, windowBytes }: { stored: Digest | null; windowBytes: number },
  ): boolean {
    const spool = this.#spool
    this.#windowBytes = windowBytes
    const isBehind = ackedSeq >= spool.nextSeq
    const told = want === 'resume' ? spool.digestAfter(ackedSeq) : null
    const isForked = told !== null && stored !== null && !sameDigest(stored, told)
    const resumes = want === 'resume' && !isBehind && !isForked
    if (resumes) spool.acknowledge(ackedSeq)
    else if (want !== 'snapshot') this.#renew()
    this.#snapshotDue = !resumes
    this.#nextSeq = ackedSeq + 1
    this.#digest = spool.digest
    this.wake()
    return isForked
  }

  /** Sends what may be sent now. */
  wake(): void {
    if (this.#sendingSnapshot) return
    while (this.#unackedBytes < this.#windowBytes) {
      if (this.#isSnapshotDue) {
        // An empty snapshot would resolve all that the collector knows of the node.
        if (!this.#spool.isUntold) void this.#sendSnapshot()
        return
      }
      const events = this.#spool.read(this.#nextSeq, MAX_BATCH_BYTES)
      if (events.length === 0) {
        this.#sendLook()
        return
      }
      this.#sendBatch(events)
    }
  }

  /** Keeps the newest look until everything before it has been sent. */
  look(look: Look): void {
    this.#look = look
    this.wake()
  }

  /** Takes note of what is stored; false when that was never sent. */
  acknowledge(epoch: string, seq: number, wantSnapshot: boolean): boolean {
    if (this.#pastEpochs.has(epoch)) return true
    if (epoch !== this.#spool.epoch || seq >= this.#nextSeq) return false
    this.#spool.acknowledge(seq)
    for (let [sent] = this.#unacked; sent !== undefined && sent.lastSeq <= seq; [sent] = this.#unacked) {
      this.#unackedBytes -= sent.bytes
      this.#unacked.shift()
    }
    if (wantSnapshot) this.#snapshotAsked = true
    this.wake()
    return true
  }

  get #isSnapshotDue(): boolean {
    // The spool has forgotten what would come next: the snapshot takes its place.
    if (this.#snapshotDue || this.#nextSeq < this.#spool.firstSeq) return true
    // All that could be made durable is stored: the rest can be told only by a snapshot, in a new epoch.
    if (this.#spool.isStuck && this.#unacked.length === 0 && this.#spool.read(this.#nextSeq, 0).length === 0)
      return true
    return this.#snapshotAsked && this.#nextSeq === this.#spool.nextSeq
  }

  #sendBatch(events: readonly SpooledEvent[]): void {
    let bytes = 0
    for (const event of events) {
      bytes += event.bytes
      toggle(this.#digest, event.effect)
    }
    const { epoch } = this.#spool
    const firstSeq = this.#nextSeq
    this.#nextSeq += events.length
    this.#unacked.push({ lastSeq: this.#nextSeq - 1, bytes })
    this.#unackedBytes += bytes
    const texts = events.map(({ text }) => text)
    void this.#send(encodeRows({ type: 'batch', epoch, firstSeq, events: [], digest: digestText(this.#digest) }, texts))
  }

  async #sendSnapshot(): Promise<void> {
    this.#sendingSnapshot = true
    if (this.#spool.isStuck) this.#renew()
    const { epoch } = this.#spool
    const { asOfSeq, takenAt, rows, digest } = this.#spool.readState()
    this.#nextSeq = asOfSeq + 1
    this.#digest = digest
    this.#snapshotDue = false
    this.#snapshotAsked = false
    const parts = packRows(rows)
    for (const [index, part] of parts.entries()) {
      const place = { epoch, asOfSeq, takenAt, part: index + 1, parts: parts.length }
      await this.#send(encodeRows({ type: 'snapshot', ...place, items: [] }, part))
    }
    this.#sendingSnapshot = false
    this.wake()
  }

  #renew(): void {
    this.#pastEpochs.add(this.#spool.epoch)
    this.#spool.renew()
    this.#unacked.length = 0
    this.#unackedBytes = 0
  }

  #sendLook(): void {
    if (this.#look === null || this.#spool.isStuck) return
    void this.#send(encodeFrame({ type: 'look', ...this.#look }))
    this.#look = null
  }
}
