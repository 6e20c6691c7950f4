import { existsSync, readdirSync, readlinkSync, statfsSync } from 'node:fs'
import type { Gap } from '../../model/gap.ts'
import { bounded, type Found, type IpcReach } from '../../model/reach.ts'
import type { NetReading, NetTask, ReachSource } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { isLoopback, parseListening, type TcpSocket } from './net-tcp.ts'
import { parseAbstractNames, patternOf } from './net-unix.ts'
import { readLines } from './read-lines.ts'
import { parseSysvObjects } from './sysvipc.ts'

/** Where Linux takes ports for whoever asks for none, ip(7): programs that start anew listen elsewhere each time. */
const EPHEMERAL_FROM = 32_768
const EPHEMERAL_TO = 60_999

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
      loopbackListeners: found('loopback listeners of the host', () => readLoopback(directory)),
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

/** Reads of a task that is in this net namespace before and after, whatever its number was given to meanwhile. */
function inside<Value>(directory: string, inode: number, read: () => Value): Value {
  const expectInside = () => {
    if (readlinkSync(`${directory}/ns/net`) === `net:[${inode}]`) return
    throw Object.assign(new Error(`${directory} is not in net:[${inode}] any more`), { code: 'ESRCH' })
  }
  expectInside()
  const value = read()
  expectInside()
  return value
}

function readLoopback(directory: string): string[] {
  const sockets = [...parseListening(readLines(`${directory}/net/tcp`)), ...readTcp6(`${directory}/net`)]
  const listeners = sockets.filter(({ address }) => isLoopback(address)).map(listenerOf)
  return listeners.toSorted((a, b) => a.port - b.port || (a.name < b.name ? -1 : 1)).map(({ name }) => name)
}

/** A kernel without IPv6, or one that was told to do without, has no such table. */
function readTcp6(directory: string): TcpSocket[] {
  return readdirSync(directory).includes('tcp6') ? parseListening(readLines(`${directory}/tcp6`)) : []
}

function listenerOf({ address, port }: TcpSocket): { readonly name: string; readonly port: number } {
  if (port < EPHEMERAL_FROM || port > EPHEMERAL_TO) return { name: `tcp/${address}/${port}`, port }
  return { name: `tcp/${address}/ephemeral`, port: EPHEMERAL_FROM }
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
