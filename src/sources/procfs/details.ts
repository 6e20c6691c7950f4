import type { GapReason } from '../../model/gap.ts'
import type { HostIpc } from '../../model/host-ipc.ts'
import type { Origin } from '../../model/origin.ts'
import type { DetailSource, TaskId } from '../source.ts'
import { HostIpcReader } from './host-ipc.ts'
import { Origins } from './origins.ts'
import type { Reader } from './visit.ts'

/** Reads from procfs what is too dear to read of every task. */
export class ProcfsDetails implements DetailSource {
  readonly #origins: Origins
  readonly #hostIpc: HostIpcReader

  constructor(reader: Reader) {
    this.#origins = new Origins(reader)
    this.#hostIpc = new HostIpcReader(reader)
  }

  readOrigin(task: TaskId): Origin | null {
    return this.#origins.read(task)
  }

  readHostIpc(task: TaskId, host: TaskId): HostIpc | GapReason | null {
    return this.#hostIpc.read(task, host)
  }
}
