import type { GapReason } from '../../model/gap.ts'
import type { HostIpc } from '../../model/host-ipc.ts'
import type { NamespaceInodes } from '../../model/namespace.ts'
import type { Origin } from '../../model/origin.ts'
import type { Task } from '../../model/task.ts'
import type { DetailSource, HeldReport, Holders, Pin, TaskId } from '../source.ts'
import { readForChildren } from './for-children.ts'
import { HeldRotation } from './held-rotation.ts'
import { HostIpcReader } from './host-ipc.ts'
import { Origins } from './origins.ts'
import { PinReader } from './pins.ts'
import type { Reader } from './visit.ts'

/** Reads from procfs what is too dear to read of every task. */
export class ProcfsDetails implements DetailSource {
  readonly #reader: Reader
  readonly #origins: Origins
  readonly #held: HeldRotation
  readonly #pins: PinReader
  readonly #hostIpc: HostIpcReader

  constructor(reader: Reader) {
    this.#reader = reader
    this.#origins = new Origins(reader)
    this.#held = new HeldRotation(reader)
    this.#pins = new PinReader(reader)
    this.#hostIpc = new HostIpcReader(reader)
  }

  readOrigin(task: TaskId): Origin | null {
    return this.#origins.read(task)
  }

  readForChildren(task: Task): Pick<NamespaceInodes, 'pid' | 'time'> | null {
    return readForChildren(this.#reader, task)
  }

  readHeld(holders: readonly Holders[]): HeldReport {
    return this.#held.read(holders)
  }

  readPins(host: TaskId): readonly Pin[] | GapReason {
    return this.#pins.read(host)
  }

  readHostIpc(task: TaskId, host: TaskId): HostIpc | GapReason | null {
    return this.#hostIpc.read(task, host)
  }
}
