import { isAtLeast, type Report, type Severity } from '../model/finding.ts'
import { affectsAny } from '../model/gap.ts'
import { MISSION_KINDS } from '../model/namespace.ts'
import type { Port } from '../model/port.ts'
import type { ExitCode } from './errors.ts'

/** When a report is bad news. */
export interface Bar {
  readonly failOn?: Severity | undefined
  /** Takes what could not be judged for good news. */
  readonly allowUnknown: boolean
}

/** Gives the exit code of a report (docs/configuration.md): what was found weighs more than what is not known. */
export function exitCodeOf(report: Report, { failOn, allowUnknown }: Bar): ExitCode {
  if (MISSION_KINDS.every((kind) => report.baseline.node[kind] === undefined)) return 3
  if (failOn === undefined) return 0
  if (report.findings.some(({ status, severity }) => status === 'open' && isAtLeast(severity, failOn))) return 1
  return allowUnknown || isAllKnown(report) ? 0 : 3
}

/** Tells whether every verdict on net, pid, ipc and ports was given, and no gap can have hidden a container from them. */
function isAllKnown({ containers, ports, gaps }: Report): boolean {
  const judged = containers.every(({ sharing }) => MISSION_KINDS.every((kind) => sharing[kind].verdict !== 'unknown'))
  const answered = ports
    .filter(isJudged)
    .every(({ mechanism, effective }) =>
      [mechanism, effective.outside, effective.node, effective.loopback].every((word) => word !== 'unknown'),
    )
  return judged && answered && !gaps.some((gap) => affectsAny(gap, MISSION_KINDS))
}

/** What a process of the host's own listens on is told, and no verdict on a container. */
function isJudged({ mechanism, owners }: Port): boolean {
  return mechanism !== 'host-listener' || owners.some(({ containerId }) => containerId !== undefined)
}
