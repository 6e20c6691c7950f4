import type { Container } from '../../model/container.ts'
import type { Found, IpcObject, IpcReach, NetReach, PidReach, Reach, ReachedInterface } from '../../model/reach.ts'
import { type Tracing, tracingOf } from '../../rules/reach.ts'
import type { View } from './paint.ts'
import { INDENT } from './table.ts'
import { shown, wrap } from './text.ts'

const TRACING: Readonly<Record<Tracing, string>> = {
  all: 'may trace and enter every one of them (CAP_SYS_PTRACE)',
  'own-uid': 'may trace those of its own uid that have no capability more than it',
  none: 'may trace none of them from its user namespace',
  unknown: 'whether it may trace them could not be read',
}

/** Says in words what a container reaches through each of the host's namespaces that its tasks are in. */
export function renderReach(container: Container, reach: Reach, view: View): string[] {
  const { net, pid, ipc } = reach
  const lines = [
    ...(net !== undefined && isInHost(container, 'net') ? netWords(net) : []),
    ...(pid !== undefined && isInHost(container, 'pid') ? pidWords(pid, tracingOf(container)) : []),
    ...(ipc !== undefined && isInHost(container, 'ipc') ? ipcWords(ipc) : []),
  ]
  if (lines.length === 0) return []
  const wrapped = lines.flatMap((line) => wrap([line], view.columns - INDENT.length))
  return [view.paint('title', 'What it reaches there'), ...wrapped.map((line) => `${INDENT}${line}`)]
}

function isInHost({ sharing }: Container, kind: keyof Reach): boolean {
  const { main, others } = sharing[kind]
  return main === 'host' || others.some(({ relation }) => relation === 'host')
}

function netWords({ loopbackListeners, abstractSockets, interfaces }: NetReach): string[] {
  return [
    `net: listeners that only the host's loopback reaches: ${foundWords(loopbackListeners, shown)}`,
    `net: abstract unix sockets: ${foundWords(abstractSockets, (name) => `@${shown(name)}`)}`,
    `net: interfaces: ${foundWords(interfaces, interfaceWords)}`,
  ]
}

function interfaceWords({ name, addresses }: ReachedInterface): string {
  return addresses.total === 0 ? shown(name) : `${shown(name)} (${foundWords(addresses, shown)})`
}

function pidWords({ hostProcesses }: PidReach, tracing: Tracing): string[] {
  return [`pid: host processes it sees: ${foundWords(hostProcesses, shown)}`, `pid: ${TRACING[tracing]}`]
}

function ipcWords({ sharedMemory, semaphores, messageQueues, posixQueues }: IpcReach): string[] {
  return [
    `ipc: System V shared memory: ${foundWords(sharedMemory, objectWords)}`,
    `ipc: System V semaphores: ${foundWords(semaphores, objectWords)}`,
    `ipc: System V message queues: ${foundWords(messageQueues, objectWords)}`,
    `ipc: POSIX message queues: ${foundWords(posixQueues, shown)}`,
  ]
}

function objectWords({ key, uid, mode }: IpcObject): string {
  return `${shown(key)} of uid ${uid}, mode ${shown(mode)}`
}

function foundWords<Item>(found: Found<Item>, wordsOf: (item: Item) => string): string {
  if (found === 'unknown') return 'could not be read'
  if (found.total === 0) return 'none'
  const more = found.total - found.items.length
  return `${found.items.map(wordsOf).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
