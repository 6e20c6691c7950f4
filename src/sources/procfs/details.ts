import type { Forwarder } from '../../model/forwarder.ts'
import type { GapReason } from '../../model/gap.ts'
import type { HostIpc } from '../../model/host-ipc.ts'
import type { NamespaceInodes, NamespaceKind } from '../../model/namespace.ts'
import type { Origin } from '../../model/origin.ts'
import type { Task } from '../../model/task.ts'
import type { DetailSource, HeldReport, Holders, Pin, TaskId } from '../source.ts'
import { readForChildren } from './for-children.ts'
import { Forwarders } from './forwarders.ts'
import { HeldRotation } from './held-rotation.ts'
import { HostIpcReader } from './host-ipc.ts'
import { MountedReader } from './mounted.ts'
import { Origins } from './origins.ts'
import { PinReader } from './pins.ts'
import type { Reader } from './visit.ts'

/** Reads from procfs what is too dear to read of every task. */
export class ProcfsDetails implements DetailSource {
  readonly #reader: Reader
  readonly #origins: Origins
  readonly #forwarders: Forwarders
  readonly #held: HeldRotation
  readonly #pins: PinReader
  readonly #mounted: MountedReader
  readonly #hostIpc: HostIpcReader

  constructor(reader: Reader) {
    this.#reader = reader
    this.#origins = new Origins(reader)
    this.#forwarders = new Forwarders(reader)
    this.#held = new HeldRotation(reader)
    this.#pins = new PinReader(reader)
    this.#mounted = new MountedReader(reader)
    this.#hostIpc = new HostIpcReader(reader)
  }

  readOrigin(task: TaskId): Origin | null {
    return this.#origins.read(task)
  }

  readForChildren(task: Task): Pick<NamespaceInodes, 'pid' | 'time'> | null {
    return readForChildren(this.#reader, task)
  }

  readForwarder(task: TaskId): Forwarder | null {
    return this.#forwarders.read(task)
  }

  readHeld(holders: readonly Holders[], host: TaskId | undefined): HeldReport {
    return this.#held.read(holders, host === undefined ? null : this.#hostIpc.readRoot(host))
  }

  readPins(host: TaskId): readonly Pin[] | GapReason {
    return this.#pins.read(host)
  }

  readMounted(host: TaskId, kind: NamespaceKind, path: string): number | GapReason {
    return this.#mounted.read(host, kind, path)
  }

  readHostIpc(task: TaskId, host: TaskId): HostIpc | GapReason | null {
    return this.#hostIpc.read(task, host)
  }
}
