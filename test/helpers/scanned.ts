import type { Row } from '../../src/agent/join.ts'
import { runScan, type ScanDeps } from '../../src/agent/scan.ts'
import type { Node } from '../../src/model/node.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import type { Process } from '../../src/model/task.ts'
import type { NatSource, RuntimeSource } from '../../src/sources/source.ts'
import { node, TAKEN_AT } from './builders.ts'
import { noNat } from './nat.ts'
import { type FakeTasks, fakeTasks, running } from './tasks.ts'

export interface ScannedOptions extends FakeTasks {
  readonly rows?: readonly Row[]
  readonly runtimes?: readonly RuntimeSource[]
  readonly nestedNode?: boolean
  readonly signal?: AbortSignal
  /** The NAT rules that are read; none, unless said otherwise. */
  readonly nat?: NatSource
  /** What the machine tells of itself. */
  readonly host?: Node
}

/** The node's init, in the host's namespaces. */
export const INIT = running({ pid: 1, comm: 'init', cgroup: '0::/init.scope\n' })

/** Scans a machine on which these processes and the node's init stand still, but for what is said otherwise. */
export function scanned(processes: readonly Process[], options: ScannedOptions = {}): Promise<Snapshot> {
  const {
    rows = [],
    runtimes = [runtime(rows)],
    nestedNode = false,
    signal,
    nat = noNat,
    host = node(),
    ...fake
  } = options
  const deps: ScanDeps = {
    tasks: fakeTasks([INIT, ...processes], fake),
    runtimes,
    node: { read: async () => ({ node: host, gaps: [] }) },
    nat,
    nestedNode,
    policyHash: null,
    now: () => TAKEN_AT,
  }
  return runScan(deps, signal ?? new AbortController().signal)
}

/** A runtime that tells of these containers. */
export function runtime(rows: readonly Row[], more: Partial<RuntimeSource> = {}): RuntimeSource {
  return { name: 'docker', list: async () => ({ containers: rows, gaps: [] }), ...more }
}
