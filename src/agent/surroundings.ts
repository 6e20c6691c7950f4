import type { Container } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import type { Process } from '../model/task.ts'
import type { UnattributedNamespace } from '../model/unattributed.ts'
import type { Pin, TaskSource } from '../sources/source.ts'
import { readHeldTwice, withHeld } from './held.ts'
import { hostTaskOf } from './host-task.ts'
import type { Draft } from './join.ts'
import type { Heard } from './listeners.ts'
import { findStrangers, settleStrangers } from './strangers.ts'
import { listUnattributed } from './unattributed.ts'
import { withVisitors } from './visitors.ts'

export interface SurroundingsDeps {
  readonly processes: readonly Process[]
  readonly drafts: readonly Draft[]
  readonly baseline: Baseline
  readonly tasks: TaskSource
  readonly heard: Heard
}

/** What stands around containers: who visits them, what of the host's they keep open, and which namespaces are nobody's. */
export interface Surroundings {
  /** Adds to judged containers what belongs to them, and lists what belongs to none. */
  readonly around: (containers: readonly Container[]) => {
    readonly containers: readonly Container[]
    readonly namespaces: readonly UnattributedNamespace[]
    readonly gaps: readonly Gap[]
  }
}

/** Reads it, with a second look at whatever is odd. */
export async function readSurroundings(
  { processes, drafts, baseline, tasks, heard }: SurroundingsDeps,
  signal: AbortSignal,
): Promise<Surroundings> {
  const { details } = tasks
  const { pins, gaps } = readPins(processes, baseline, tasks)
  const [strangers, held] = await Promise.all([
    settleStrangers(findStrangers(processes, drafts, baseline), tasks, signal),
    readHeldTwice({ processes, drafts, baseline, details, heard }, signal),
  ])
  return {
    around: (judged) => {
      const visited = withVisitors(withHeld(judged, held), strangers, details)
      const { containers } = visited
      const nobodys = listUnattributed(visited.others, pins, { containers, baseline, details })
      return { containers, namespaces: nobodys.namespaces, gaps: [...gaps, ...held.gaps, ...nobodys.gaps] }
    },
  }
}

/** The node's mounts, as any process of its mnt namespace sees them; its init first, which may be closed to us. */
function readPins(processes: readonly Process[], baseline: Baseline, { details }: TaskSource) {
  const host = hostTaskOf(processes, baseline)
  const answer = host === undefined ? 'denied' : details.readPins(host)
  if (typeof answer !== 'string') return { pins: answer, gaps: [] }
  const detail = 'which net namespaces mounts keep alive is not known'
  const gap: Gap = { source: 'procfs', subject: "the node's mounts", reason: answer, affects: [], detail }
  const none: readonly Pin[] = []
  return { pins: none, gaps: [gap] }
}
