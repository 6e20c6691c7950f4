import type { Gap, GapReason } from '../model/gap.ts'
import { type Baseline, NAMESPACE_KINDS, type NamespaceKind } from '../model/namespace.ts'
import type { Process } from '../model/task.ts'
import type { Declaration, DetailSource } from '../sources/source.ts'
import { hostTaskOf } from './host-task.ts'
import type { Draft, Row } from './join.ts'

/** What was read of the node before. */
export interface PathContext {
  readonly processes: readonly Process[]
  readonly baseline: Baseline
  readonly details: Pick<DetailSource, 'readMounted'>
}

const PROC_LINK = /^\/proc\/(?<pid>\d+)\/ns\/(?<kind>[a-z]+)$/

/**
 * Adds to each declaration of a path (podman's `ns:/run/netns/blue`, CRI-O's link of another container) which namespace
 * is there. One that cannot be told is a gap of that container.
 */
export function withPathInodes(
  drafts: readonly Draft[],
  context: PathContext,
): { readonly drafts: readonly Draft[]; readonly gaps: readonly Gap[] } {
  const gaps: Gap[] = []
  const told = drafts.map((draft) => {
    if (!draft.rows.some(declaresPath)) return draft
    const resolve = (kind: NamespaceKind, declaration: Declaration): Declaration => {
      const path = pathOf(declaration)
      if (path === null) return declaration
      const found = resolvePath(kind, path, draft, context)
      if (typeof found === 'number') return { ...declaration, inode: found }
      gaps.push({ source: 'procfs', subject: `${path} of container ${draft.id}`, reason: found, affects: [draft.id] })
      return declaration
    }
    return { ...draft, rows: draft.rows.map((row) => withDeclared(row, resolve)) }
  })
  return { drafts: told, gaps }
}

function declaresPath({ declared }: Row): boolean {
  return NAMESPACE_KINDS.some((kind) => pathOf(declared[kind]) !== null)
}

function withDeclared(row: Row, resolve: (kind: NamespaceKind, declaration: Declaration) => Declaration): Row {
  const declared = { ...row.declared }
  for (const kind of NAMESPACE_KINDS) declared[kind] = resolve(kind, declared[kind])
  return { ...row, declared }
}

function pathOf({ declared }: Declaration): string | null {
  return declared.startsWith('path:') ? declared.slice('path:'.length) : null
}

function resolvePath(
  kind: NamespaceKind,
  path: string,
  { main }: Draft,
  { processes, baseline, details }: PathContext,
): number | GapReason {
  const link = PROC_LINK.exec(path)?.groups
  if (link === undefined) {
    const host = hostTaskOf(processes, baseline)
    return host === undefined ? 'denied' : details.readMounted(host, kind, path)
  }
  // A younger process only has the number of the one that was meant.
  const target = processes.find(({ leader }) => leader.pid === Number(link['pid']))
  if (link['kind'] !== kind || target === undefined) return 'missing'
  if (target.leader.startTime > main.leader.startTime) return 'gone'
  return target.leader.namespaces[kind] ?? target.closed ?? 'missing'
}
