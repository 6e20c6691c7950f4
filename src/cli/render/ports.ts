import type { PortState } from '../../model/port.ts'
import { answersCell } from './answer.ts'
import { declarersCell, endpoint, mechanismsCell, partiesCell } from './claims.ts'
import type { Names } from './names.ts'
import type { View } from './paint.ts'
import { reachedCell } from './reached.ts'
import { type Cell, type Column, INDENT, layoutTable } from './table.ts'
import { count } from './text.ts'

const COLUMNS: readonly Column[] = [
  { header: 'PORT', min: 14 },
  { header: 'BY', min: 6 },
  { header: 'WHO', min: 7 },
  { header: 'DECLARED BY', min: 8 },
  { header: 'REACHED', min: 7 },
  { header: 'ANSWERS AS', min: 8 },
]

/** Of the host's own processes: a node may have thousands of sockets, and a report is read by people. */
const HOST_ROWS_MAX = 64

/** Shows what is known of the host's ports: who declared them, what holds them and who answers. */
export function renderPorts(ports: readonly PortState[], names: Names, view: View): string[] {
  if (ports.length === 0) return []
  const hosts = ports.filter(isHostProcess)
  const hidden = new Set(hosts.slice(HOST_ROWS_MAX))
  const rows = ports
    .filter((port) => !hidden.has(port))
    .toSorted((a, b) => a.hostPort - b.hostPort)
    .map((port) => rowOf(port, names))
  const more = `${INDENT}and ${count(hidden.size, 'port')} more of the host's own processes: JSON has them`
  return [
    view.paint('title', `${count(ports.length, 'host port')} as far as known`),
    ...layoutTable(COLUMNS, rows, view),
    ...(hidden.size === 0 ? [] : [view.paint('quiet', more)]),
  ]
}

function isHostProcess({ mechanism, owners, declaredBy }: PortState): boolean {
  return (
    mechanism === 'host-listener' && [...owners, ...declaredBy].every(({ containerId }) => containerId === undefined)
  )
}

function rowOf(port: PortState, names: Names): Cell[] {
  const { protocol, hostAddress, hostPort, hostPortEnd, probe } = port
  return [
    { text: endpoint(protocol, hostAddress, hostPort, hostPortEnd) },
    mechanismsCell([port]),
    whoCell(port, names),
    declarersCell([port], names),
    reachedCell(port, names),
    answersCell(probe),
  ]
}

/** A mapping may lead to a container in which nothing listens. */
function whoCell(port: PortState, names: Names): Cell {
  const { targets } = port
  const who = partiesCell([port], names)
  const isDeaf = targets.length > 0 && targets.every(({ listening }) => listening === false)
  return isDeaf ? { text: `${who.text} (nothing listens)`, tone: 'doubt' } : who
}
