import { existsSync, readdirSync, statfsSync } from 'node:fs'
import type { Gap } from '../../model/gap.ts'
import { bounded, type Found, type IpcReach } from '../../model/reach.ts'
import type { NetReading, NetTask, ReachSource } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { inside } from './inside.ts'
import { parseAbstractNames, patternOf } from './net-unix.ts'
import { readLines } from './read-lines.ts'
import { parseSysvObjects } from './sysvipc.ts'

const MQUEUE = '/dev/mqueue'
const MQUEUE_MAGIC = 0x19800202

/** Reads from procfs what the host's namespaces hold for whoever shares them. */
export class ProcfsReach implements ReachSource {
  readonly #root: string

  /** @param root where the node's procfs is mounted, an absolute path */
  constructor(root: string) {
    this.#root = root
  }

  readNet(task: NetTask): { readonly reach: NetReading; readonly gaps: readonly Gap[] } {
    const gaps: Gap[] = []
    const directory = `${this.#root}/${task.pid}`
    const found = <Item>(subject: string, read: () => readonly Item[]): Found<Item> =>
      foundBy(gaps, subject, () => inside(directory, task.inode, read))
    const reach = {
      abstractSockets: found('abstract sockets of the host', () => readAbstract(`${directory}/net/unix`)),
    }
    return { reach, gaps }
  }

  readIpc(): { readonly reach: IpcReach; readonly gaps: readonly Gap[] } {
    const gaps: Gap[] = []
    const sysv = (file: string) =>
      foundBy(gaps, `sysvipc/${file} of the host`, () =>
        parseSysvObjects([...readLines(`${this.#root}/sysvipc/${file}`)].join('\n')),
      )
    const reach = {
      sharedMemory: sysv('shm'),
      semaphores: sysv('sem'),
      messageQueues: sysv('msg'),
      posixQueues: foundBy(gaps, 'POSIX queues of the host', readQueues),
    }
    return { reach, gaps }
  }
}

function foundBy<Item>(gaps: Gap[], subject: string, read: () => readonly Item[]): Found<Item> {
  const result = attempt(() => bounded(read()))
  if (!isFailure(result)) return result
  gaps.push({ source: 'procfs', subject, reason: result.failed, affects: [], detail: result.detail })
  return 'unknown'
}

/** Those of container runtimes first: whoever reaches a shim's commands it, where its version lets him. */
function readAbstract(path: string): string[] {
  const names = distinct(parseAbstractNames(readLines(path)).map(patternOf))
  const isShim = (name: string) => name.includes('containerd-shim')
  return [...names.filter(isShim), ...names.filter((name) => !isShim(name))]
}

/** Queues are there without a file system that shows them, mq_overview(7). */
function readQueues(): string[] {
  if (existsSync(MQUEUE) && statfsSync(MQUEUE).type === MQUEUE_MAGIC)
    return distinct(readdirSync(MQUEUE).map(patternOf))
  throw Object.assign(new Error(`no mqueue file system on ${MQUEUE}`), { code: 'ENOTDIR' })
}

/** In the order of code units: a container may have made very many, and no other order is as cheap. */
function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].toSorted()
}
