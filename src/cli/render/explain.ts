import type { Container, OtherTasks, TaskReference } from '../../model/container.ts'
import type { Report } from '../../model/finding.ts'
import { NAMESPACE_KINDS, type NamespaceKind } from '../../model/namespace.ts'
import { explainPorts } from './explain-ports.ts'
import { renderFindings } from './findings.ts'
import { renderGaps } from './gaps.ts'
import { renderHeader } from './header.ts'
import { renderIdentity } from './identity.ts'
import { type Names, namesOf } from './names.ts'
import type { View } from './paint.ts'
import { renderPorts } from './ports.ts'
import { renderReach } from './reach.ts'
import { relationWord, sharingCell } from './relation.ts'
import { layoutBlocks } from './report.ts'
import { type Cell, type Column, INDENT, layoutTable } from './table.ts'
import { count, shown, wrap } from './text.ts'

/** Room for `docker HostConfig.NetworkMode=default`; the host's inodes stand in the header, too. */
const WHO_MIN = 36

const COLUMNS: readonly Column[] = [
  { header: 'KIND' },
  { header: 'DECLARED', min: 6 },
  { header: 'OBSERVED', min: 5 },
  { header: 'VERDICT', min: 7 },
  { header: 'INODE' },
  { header: "HOST'S", optional: true },
  { header: 'WHO DECLARED', min: WHO_MIN },
]

/**
 * Renders all that is known of one container: who it is, what it may do, each kind declared against observed with
 * both inodes, what it reaches in the host's, its ports and its findings.
 *
 * @param report already narrowed to the container
 * @param whole the report of all containers: this one may sit in another's namespace
 */
export function renderExplanation(report: Report, container: Container, whole: Report, view: View): string {
  const { gaps, ports, findings } = report
  const names = namesOf(whole.containers)
  return layoutBlocks([
    renderHeader(whole, view),
    renderGaps(whole, names, view),
    renderIdentity(container, view),
    renderSharing(container, names, view),
    renderReach(container, whole.reach, view),
    renderPorts(ports, names, view),
    explainPorts(ports, names, view),
    findings.length > 0
      ? renderFindings(findings, view)
      : [view.paint('title', gaps.length === 0 ? 'No finding on it.' : 'No finding on it in what could be seen.')],
  ])
}

function renderSharing({ sharing }: Container, names: Names, view: View): string[] {
  const rows = NAMESPACE_KINDS.map((kind) => rowOf(kind, sharing[kind], names))
  const others = NAMESPACE_KINDS.flatMap((kind) =>
    sharing[kind].others.flatMap((group) => renderOthers(kind, group, names, view)),
  )
  return [view.paint('title', 'Its namespaces'), ...layoutTable(COLUMNS, rows, view), ...others]
}

function rowOf(kind: NamespaceKind, sharing: Container['sharing'][NamespaceKind], names: Names): Cell[] {
  const { declared, declaredBy, verdict, inode, hostInode, sightings } = sharing
  const { tone } = sharingCell(kind, sharing, names)
  const seen = verdict === 'as-declared' || sightings === 2 ? '' : ' (seen once)'
  return [
    { text: kind },
    { text: declared.startsWith('container:') ? relationWord(declared, names) : shown(declared) },
    cellOf(relationWord(sharing.observed, names), tone),
    cellOf(`${verdict.replaceAll('-', ' ')}${seen}`, tone),
    { text: String(inode ?? '?') },
    { text: String(hostInode ?? '?') },
    { text: declaredBy === null ? 'nobody' : shown(declaredBy) },
  ]
}

function cellOf(text: string, tone: Cell['tone']): Cell {
  return tone === undefined ? { text } : { text, tone }
}

/** Names the tasks that sit elsewhere than the main task. */
function renderOthers(kind: NamespaceKind, group: OtherTasks, names: Names, view: View): string[] {
  const { relation, inode, tasks, total } = group
  const hidden = total - tasks.length
  const parts = [
    `${kind}: ${count(total, 'other task')} in ${relationWord(relation, names)} (${inode ?? 'inode unknown'})`,
    ...tasks.map(taskWords),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
  ]
  return wrap(parts, view.columns - INDENT.length).map((line) => `${INDENT}${line}`)
}

function taskWords({ pid, tid, comm }: TaskReference): string {
  return `${shown(comm)} pid ${pid}${tid === pid ? '' : ` tid ${tid}`}`
}
