import type { FindingView, Page } from '../../model/view.ts'
import type { ReadStore } from '../../store/store.ts'
import type { NodeReport } from '../render/node-report.ts'

const PAGE = 1000

/** A report of what is kept, whose findings have a life. */
export interface KeptReport extends NodeReport {
  readonly findings: readonly FindingView[]
}

/**
 * Reads what the store keeps of one node's last look, with its open and accepted findings.
 *
 * @param since Unix milliseconds: an earlier look is of an earlier run, which the store has kept
 * @returns null when no agent told of a look since
 */
export async function readKeptReport(store: ReadStore, name: string, since: number): Promise<KeptReport | null> {
  const node = await store.readNode(name)
  if (node === null || node.lastLook === null || node.lastLook.takenAt < since) return null
  const [containers, ports, findings] = await Promise.all([
    readAll((page) => store.listContainers({ node: name }, page)),
    readAll((page) => store.listPorts({ node: name }, page)),
    readAll((page) => store.listFindings({ node: name }, page)),
  ])
  return {
    takenAt: node.lastLook.takenAt,
    durationMs: node.lastLook.durationMs,
    node,
    baseline: node.baseline,
    policyHash: node.policyHash,
    gaps: node.gaps,
    containers,
    ports,
    findings: findings.filter(({ status }) => status !== 'resolved'),
  }
}

async function readAll<Row>(read: (page: { limit: number; cursor?: string }) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const page: Page<Row> = await read({ limit: PAGE, ...(cursor === null ? {} : { cursor }) })
    rows.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return rows
}
