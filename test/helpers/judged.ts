import { judgeContainers } from '../../src/agent/containers.ts'
import { joinContainers, type Row } from '../../src/agent/join.ts'
import type { Container, Pod, Sharing } from '../../src/model/container.ts'
import type { Baseline } from '../../src/model/namespace.ts'
import type { Process } from '../../src/model/task.ts'
import type { Rights } from '../../src/sources/source.ts'
import { baseline, privileges } from './builders.ts'
import { type GivenRow, row, running } from './tasks.ts'

export interface JudgedOptions {
  readonly against?: Baseline
  readonly rights?: Rights
}

/** Joins and judges, as a scan does after its first look. */
export function judged(
  processes: readonly Process[],
  rows: readonly Row[] = [],
  { against = baseline(), rights = { privileges: privileges(), rootMapsTo: 0 } }: JudgedOptions = {},
): Map<string, Container> {
  const containers = judgeContainers(joinContainers(processes, rows), against, () => rights)
  return new Map(containers.map((container) => [container.id, container]))
}

/**
 * Judges the net namespaces of containers of one process each: id, inode, and what its runtime tells of it. Pid and
 * start time follow the order.
 */
export function judgedNets(
  ...given: readonly (readonly [string, number, GivenRow | null])[]
): Map<string, Sharing | undefined> {
  const processes = given.map(([id, net], index) => running({ pid: index + 10, id, namespaces: { net } }))
  const rows = given.flatMap(([id, , more], index) =>
    more === null ? [] : [row({ id, initPid: index + 10, ...more })],
  )
  return new Map([...judged(processes, rows)].map(([id, { sharing }]) => [id, sharing.net]))
}

export function pod(given: Partial<Pod> = {}): Pod {
  return { namespace: 'default', name: 'web-1', uid: 'uid-1', container: 'web', static: false, proof: 'cri', ...given }
}
