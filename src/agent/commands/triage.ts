import type { CommandRequest, Triage } from '../../model/command.ts'
import type { Container } from '../../model/container.ts'
import { type Finding, type Report, SEVERITIES } from '../../model/finding.ts'
import { targetKey } from '../../probe/probe.ts'
import { reportOf } from '../findings.ts'
import { distinctTargets, withAnswers } from '../probe-answers.ts'
import { targetsOf } from '../probe-targets.ts'
import type { CommandDoerDeps } from './doer.ts'
import { meantBy } from './meant.ts'

type TriageRequest = Extract<CommandRequest, { command: 'triage' }>

/** How many of each list are told: enough for a first look, and little enough for any connection. */
const MOST = { findings: 100, containers: 50, ports: 200, listeners: 200, gaps: 100 } as const

/** What may be spent on asking ports. */
const PROBE_MS = 5000

/**
 * Looks anew and gives what one wants to know first: what is wrong and where, who listens, and what answers right now.
 *
 * @throws CommandRefusal when nothing, or of a name more than one, is meant
 */
export async function triage(deps: CommandDoerDeps, request: TriageRequest, signal: AbortSignal): Promise<Triage> {
  const { look, policy } = deps
  const whole = reportOf(await look(signal), { policy })
  const about = meantBy(request, whole)
  const report = await asked(deps, about ?? whole, signal)
  const { takenAt, durationMs, node, listeners, gaps } = report
  const findings = report.findings.toSorted(worstFirst)
  // Of a whole node only containers that something is found of, of others all that are meant.
  const containers = about?.containers ?? concernedBy(findings, report.containers)
  const lists = { findings, containers, ports: report.ports, listeners, gaps }
  return {
    version: 1,
    takenAt,
    durationMs,
    node: node.name,
    about: about?.containers.slice(0, MOST.containers).map(({ id }) => id) ?? null,
    findings: findings.slice(0, MOST.findings),
    containers: containers.slice(0, MOST.containers),
    ports: report.ports.slice(0, MOST.ports),
    listeners: listeners.slice(0, MOST.listeners),
    gaps: gaps.slice(0, MOST.gaps),
    left: {
      findings: leftOf('findings', lists),
      containers: leftOf('containers', lists),
      ports: leftOf('ports', lists),
      listeners: leftOf('listeners', lists),
      gaps: leftOf('gaps', lists),
    },
  }
}

function leftOf(list: keyof typeof MOST, lists: Readonly<Record<keyof typeof MOST, readonly unknown[]>>): number {
  return Math.max(lists[list].length - MOST[list], 0)
}

/** Asks the report's ports, as far as this agent does, the first of them where there are too many to tell. */
async function asked({ prober, mode }: CommandDoerDeps, report: Report, signal: AbortSignal): Promise<Report> {
  if (mode === null) return report
  const targets = targetsOf({ ...report, ports: report.ports.slice(0, MOST.ports) })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)])
  const answers = await prober.probe(distinctTargets(targets), mode, limit)
  const { ports } = withAnswers(report, targets, new Map(answers.map((answer) => [targetKey(answer), answer])))
  return { ...report, ports }
}

/** Lists the containers that findings are about, in the order of these. */
function concernedBy(findings: readonly Finding[], containers: readonly Container[]): readonly Container[] {
  const byId = new Map<string | undefined, Container>(containers.map((container) => [container.id, container]))
  return [...new Set(findings.flatMap(({ subject }) => byId.get(subject.containerId) ?? []))]
}

/** What is accepted weighs less than whatever is open. */
function worstFirst(left: Finding, right: Finding): number {
  return weightOf(right) - weightOf(left)
}

function weightOf({ status, severity }: Finding): number {
  return SEVERITIES.indexOf(severity) + (status === 'open' ? SEVERITIES.length : 0)
}
