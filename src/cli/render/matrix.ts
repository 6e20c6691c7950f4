import type { ContainerState } from '../../model/changes.ts'
import type { Pod } from '../../model/container.ts'
import { type Finding, SEVERITIES } from '../../model/finding.ts'
import { NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { Names } from './names.ts'
import type { NodeReport } from './node-report.ts'
import type { View } from './paint.ts'
import { legendOf, sharingCell } from './relation.ts'
import { type Cell, type Column, INDENT, layoutTable } from './table.ts'
import { count, shown, wrap } from './text.ts'

/** Room for the beginning of an id, which is the name of what only cgroups know. */
const NAME_MIN = 12
/** Room for `mixed!`: only another container's name is ever cut. */
const RELATION_MIN = 6
const POD_MIN = 8

/** Shows every container against every kind of namespace, those with the worst findings first. */
export function renderMatrix({ containers, findings }: NodeReport, names: Names, view: View): string[] {
  if (containers.length === 0) return []
  const hasPods = containers.some(({ pod }) => pod !== undefined)
  const rows = worstFirst(containers, findings).map((container) => rowOf(container, names, hasPods))
  const relations = containers.flatMap(({ sharing }) => NAMESPACE_KINDS.map((kind) => sharing[kind]))
  const claims = containers.some(({ pod }) => pod?.proof === 'claim')
    ? ["(claim) only the container's own labels say so"]
    : []
  const legend = wrap([...legendOf(relations), ...claims], view.columns - INDENT.length)
  return [
    view.paint('title', `${count(containers.length, 'container')} and the namespaces they are in`),
    ...layoutTable(columnsOf(hasPods), rows, view),
    ...legend.map((line) => `${INDENT}${view.paint('quiet', line)}`),
  ]
}

function columnsOf(hasPods: boolean): Column[] {
  return [
    { header: 'CONTAINER', min: NAME_MIN },
    ...NAMESPACE_KINDS.map((kind) => ({ header: kind.toUpperCase(), min: RELATION_MIN })),
    ...(hasPods ? [{ header: 'POD', min: POD_MIN, optional: true }] : []),
    { header: 'KNOWN TO', optional: true },
  ]
}

function rowOf(container: ContainerState, names: Names, hasPods: boolean): Cell[] {
  const { name, role, pod, sharing, sources } = container
  return [
    { text: role === 'sandbox' ? `${shown(name)} (sandbox)` : shown(name) },
    ...NAMESPACE_KINDS.map((kind) => sharingCell(kind, sharing[kind], names)),
    ...(hasPods ? [{ text: pod === undefined ? '' : podWords(pod) }] : []),
    { text: shown(sources.join(' ')), tone: 'quiet' },
  ]
}

/** A label is its author's word. */
function podWords({ namespace, name, proof }: Pod): string {
  return shown(`${namespace}/${name}${proof === 'claim' ? ' (claim)' : ''}`)
}

function worstFirst(containers: readonly ContainerState[], findings: readonly Finding[]): ContainerState[] {
  const ranks = new Map<string, number>()
  for (const { status, severity, subject } of findings) {
    const id = subject.containerId ?? ''
    if (status === 'open') ranks.set(id, Math.max(ranks.get(id) ?? -1, SEVERITIES.indexOf(severity)))
  }
  const rankOf = ({ id }: ContainerState) => ranks.get(id) ?? -1
  return containers.toSorted((a, b) => rankOf(b) - rankOf(a) || compare(a.name, b.name) || compare(a.id, b.id))
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
