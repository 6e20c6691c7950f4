import { SEVERITIES, type Severity } from '../model/finding.ts'
import type { NodeView } from '../model/view.ts'

/** What is known of the nodes together, and which of them keep it from being the whole truth. */
export interface Coverage {
  readonly nodes: number
  /** Nodes that are not online, or have gaps. */
  readonly clouded: readonly NodeView[]
  readonly open: Readonly<Record<Severity, number>>
  readonly openTotal: number
}

/** Sums up what the nodes say of themselves. */
export function coverageOf(nodes: readonly NodeView[]): Coverage {
  const open = { info: 0, low: 0, medium: 0, high: 0, critical: 0 }
  for (const { openFindings } of nodes) {
    for (const severity of SEVERITIES) open[severity] += openFindings[severity]
  }
  return { nodes: nodes.length, clouded: nodes.filter(isClouded), open, openTotal: totalOf(open) }
}

/** Tells whether less than everything is known of a node now. */
function isClouded({ status, gaps }: NodeView): boolean {
  return status !== 'online' || gaps.length > 0
}

/** Puts the nodes first that somebody should look at: not online, then partial, then by what is open. */
export function byTrouble(left: NodeView, right: NodeView): number {
  return troubleOf(right) - troubleOf(left) || left.name.localeCompare(right.name)
}

/** The severities in which something is open, the worst first. */
export function openSeverities(open: Readonly<Record<Severity, number>>): Severity[] {
  return SEVERITIES.filter((severity) => open[severity] > 0).reverse()
}

/** How many findings are open in all severities together. */
function totalOf(open: Readonly<Record<Severity, number>>): number {
  let total = 0
  for (const count of Object.values(open)) total += count
  return total
}

const STATUS_TROUBLE = { silent: 40, late: 30, online: 0 } as const

function troubleOf({ status, gaps, openFindings }: NodeView): number {
  const [worst] = openSeverities(openFindings)
  return STATUS_TROUBLE[status] + (gaps.length > 0 ? 20 : 0) + (worst === undefined ? 0 : SEVERITIES.indexOf(worst) + 1)
}
