import { type Baseline, type BaselineEntry, NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { NodeReport } from './node-report.ts'
import type { View } from './paint.ts'
import { count, moment, shown, wrap } from './text.ts'

const LABEL_WIDTH = 10
const HASH_SHOWN = 12

/** Says what was looked at, when, by whom, and what the host was taken to be. */
export function renderHeader(report: NodeReport, view: View): string[] {
  const { node, takenAt, durationMs, containers, policyHash } = report
  const rights = node.uid === 0 ? 'as root' : `as uid ${node.uid}`
  const facts = [node.os, `Linux ${node.kernel}`, node.architecture, `cgroups ${node.cgroups}`].map(shown)
  const look = [
    moment(takenAt),
    `${Math.round(durationMs)} ms`,
    `${node.reader} ${rights}`,
    count(containers.length, 'container'),
    ...(policyHash === null ? [] : [`policy ${shown(policyHash.slice(0, HASH_SHOWN))}`]),
  ]
  return [
    ...labelled('node', [shown(node.name), ...facts], view),
    ...labelled('look', look, view),
    ...renderBaseline(report.baseline, view),
  ]
}

/** Says what "the host" is, kind by kind, and what proves it. */
function renderBaseline({ node, kernel, nested }: Baseline, view: View): string[] {
  const entries = NAMESPACE_KINDS.map((kind) => [kind, node[kind]] as const)
  const missing = entries.flatMap(([kind, entry]) => (entry === undefined ? [kind] : []))
  const proven = entries.flatMap(([kind, entry]) => (entry === undefined ? [] : [{ kind, ...entry }]))
  const lines = [...Map.groupBy(proven, ({ by }) => by)].flatMap(([by, group]) =>
    labelled('host', factsOf(proofOf(by), group), view),
  )
  const unproven = wrap([`nothing proves the host's ${missing.join(', ')}: verdicts on it are unknown`], roomOf(view))
  const nestedWord =
    kernel === null ? "nested in a container; the kernel's own namespaces are not known" : 'nested in a container'
  return [
    ...lines,
    ...(missing.length === 0 ? [] : indented(unproven).map((line) => view.paint('bad', line))),
    ...(nested ? labelled('', [nestedWord], view) : []),
  ]
}

function factsOf(proof: string, group: readonly { readonly kind: string; readonly inode: number }[]): string[] {
  const [first = '', ...rest] = group.map(({ kind, inode }) => `${kind} ${inode}`)
  return [`${proof} ${first}`, ...rest]
}

function proofOf(by: BaselineEntry['by']): string {
  if (by === 'majority') return 'by most host processes:'
  return by === 'constant' ? "by the kernel's constants:" : `by ${by}:`
}

function labelled(label: string, [first = '', ...rest]: readonly string[], view: View): string[] {
  const [line = '', ...more] = wrap([first, ...rest], roomOf(view))
  return [`${view.paint('quiet', label.padEnd(LABEL_WIDTH))}${line}`, ...indented(more)]
}

function roomOf({ columns }: View): number {
  return columns - LABEL_WIDTH
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `${' '.repeat(LABEL_WIDTH)}${line}`)
}
