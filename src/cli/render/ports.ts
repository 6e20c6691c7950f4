import type { PortState } from '../../model/port.ts'
import { answersCell } from './answer.ts'
import type { Names } from './names.ts'
import type { View } from './paint.ts'
import { type Cell, type Column, layoutTable } from './table.ts'
import { count, shown } from './text.ts'

const COLUMNS: readonly Column[] = [
  { header: 'PORT', min: 16 },
  { header: 'BY', min: 8 },
  { header: 'ANSWERS', min: 12 },
  { header: 'TO', min: 10 },
  { header: 'DECLARED BY', min: 10 },
  { header: 'ANSWERS AS', min: 10 },
]

/** Shows what is known of the host's ports: who declared them, what holds them and who answers. */
export function renderPorts(ports: readonly PortState[], names: Names, view: View): string[] {
  if (ports.length === 0) return []
  const rows = ports.toSorted((a, b) => a.hostPort - b.hostPort).map((port) => rowOf(port, names))
  return [
    view.paint('title', `${count(ports.length, 'host port')} as far as known`),
    ...layoutTable(COLUMNS, rows, view),
  ]
}

function rowOf(port: PortState, names: Names): Cell[] {
  const { mechanism } = port
  return [
    { text: placeOf(port) },
    mechanism === 'unknown' ? { text: 'not looked', tone: 'doubt' } : { text: mechanism },
    { text: answersOf(port) },
    { text: targetsOf(port, names) },
    { text: declarersOf(port, names) },
    answersCell(port.probe),
  ]
}

function placeOf({ protocol, hostAddress, hostPort, hostPortEnd }: PortState): string {
  const address = hostAddress.includes(':') ? `[${shown(hostAddress)}]` : shown(hostAddress)
  return `${protocol} ${address === '' ? '*' : address}:${hostPort}${hostPortEnd === undefined ? '' : `-${hostPortEnd}`}`
}

/** Says from where it answers; one word where it is the same from everywhere. */
function answersOf({ effective: { outside, node, loopback } }: PortState): string {
  if (outside === node && node === loopback) return outside === 'unknown' ? '?' : outside
  return `outside ${outside}, node ${node}, loopback ${loopback}`
}

function targetsOf({ targets, owners }: PortState, names: Names): string {
  const reached = targets.map(({ address, port, containerId }) =>
    containerId === undefined ? `${shown(address)}:${port}` : `${names(containerId)}:${port}`,
  )
  const holders = owners.map(({ containerId, comm, pid }) =>
    containerId === undefined ? `${shown(comm ?? '?')}${pid === undefined ? '' : ` (${pid})`}` : names(containerId),
  )
  return [...reached, ...holders].join(', ') || '?'
}

function declarersOf({ declaredBy }: PortState, names: Names): string {
  return (
    declaredBy
      .map(({ by, containerId, implicit }) => `${names(containerId)} (${by}${implicit ? ', implicit' : ''})`)
      .join(', ') || 'nobody'
  )
}
