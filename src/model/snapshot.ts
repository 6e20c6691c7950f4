import type { Container } from './container.ts'
import type { Gap } from './gap.ts'
import type { Baseline } from './namespace.ts'
import type { Node } from './node.ts'
import type { Listener, Port } from './port.ts'
import type { Reach } from './reach.ts'
import type { UnattributedNamespace } from './unattributed.ts'

/** The version of the snapshot's and report's shape. */
export const SNAPSHOT_VERSION = 1

/** All that one scan read and joined: what rules judge, and what replays every verdict offline. */
export interface Snapshot {
  readonly version: typeof SNAPSHOT_VERSION
  /** Unix milliseconds. */
  readonly takenAt: number
  readonly durationMs: number
  readonly node: Node
  readonly baseline: Baseline
  /** The hash of the policy in force, or null without one. */
  readonly policyHash: string | null
  /** With gaps the snapshot is partial, and every view says so. */
  readonly gaps: readonly Gap[]
  readonly containers: readonly Container[]
  readonly reach: Reach
  /** Namespaces that neither the host nor a container explains; bounded. */
  readonly namespaces: readonly UnattributedNamespace[]
  readonly listeners: readonly Listener[]
  readonly ports: readonly Port[]
}
