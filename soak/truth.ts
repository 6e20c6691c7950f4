import { readFileSync } from 'node:fs'
import type { Container } from '../src/model/container.ts'
import type { Finding, Report } from '../src/model/finding.ts'
import { affectsAny } from '../src/model/gap.ts'
import type { Made } from './churn.ts'
import type { Shape } from './lives.ts'

/** What is true of a container for as long as it runs, as rule and fact. */
const TRUE_OF: Readonly<Record<Shape, readonly string[]>> = {
  plain: [],
  brief: [],
  guest: [],
  'host-net': ['shared-net-namespace net'],
  'host-pid-ipc': ['shared-pid-namespace pid', 'shared-ipc-namespace ipc'],
}

/** None of ours is a pod's, which matters while something else on this machine makes it a Kubernetes node. */
const TRUE_OF_ALL = 'unmanaged-container pod'

/** Whose owner ended is not where it asked to be. */
const TRUE_OF_LEFT_GUEST = 'ineffective-declaration net'

/** What a report says of the containers that were made. */
export interface Judged {
  readonly trueFindings: readonly Finding[]
  /** Says of containers, or of the daemon's own doings, what is not so, or leaves out what is. */
  readonly faults: readonly string[]
}

/**
 * Holds a report against what was made; other containers on the machine are not judged.
 *
 * @param root the daemon's folder, which its shims' command lines and its pins name
 */
export function judge(report: Report, made: ReadonlyMap<string, Made>, root: string): Judged {
  const ours = report.findings.filter(({ subject }) => made.has(subject.containerId ?? ''))
  const trueFindings = ours.filter((finding) => isTrue(finding, made))
  const untrue = ours.filter((finding) => !trueFindings.includes(finding))
  const nobodys = report.findings.filter((finding) => finding.subject.type === 'namespace' && isOf(finding, root))
  return {
    trueFindings,
    faults: [
      ...untrue.map((finding) => describe(finding, made)),
      ...nobodys.map(({ summary, evidence }) => `${summary}: ${JSON.stringify(evidence)}`),
      ...report.containers.flatMap((container) => missedOf(container, report, made)),
    ].map((fault) => withoutVolatile(fault, root)),
  }
}

function isTrue({ rule, fact, subject }: Finding, made: ReadonlyMap<string, Made>): boolean {
  const container = made.get(subject.containerId ?? '')
  if (container === undefined) return false
  const isLeft = made.get(container.owner ?? '')?.ending === true
  return [TRUE_OF_ALL, ...TRUE_OF[container.shape], ...(isLeft ? [TRUE_OF_LEFT_GUEST] : [])].includes(`${rule} ${fact}`)
}

/** A namespace that nobody explains is ours to explain where the daemon pinned it, or where its shims and runc are. */
function isOf({ evidence }: Finding, root: string): boolean {
  const text = JSON.stringify(evidence)
  const pids = [...text.matchAll(/"pid":(?<pid>\d+)/g)].map(({ groups }) => groups?.['pid'])
  return text.includes(root.slice(root.lastIndexOf('/'))) || pids.some((pid) => commandLineOf(pid).includes(root))
}

function commandLineOf(pid: string | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** What must be said of a container that its runtime lists as running, unless a gap says that it could not be. */
function missedOf(container: Container, report: Report, made: ReadonlyMap<string, Made>): string[] {
  const { id, sources, state } = container
  const shape = made.get(id)?.shape
  if (shape === undefined || !sources.includes('docker') || state !== 'running') return []
  if (report.gaps.some((gap) => affectsAny(gap, [id]))) return []
  const said = new Set(
    report.findings.filter(({ subject }) => subject.containerId === id).map(({ rule, fact }) => `${rule} ${fact}`),
  )
  return TRUE_OF[shape].filter((fact) => !said.has(fact)).map((fact) => `of a ${shape} container: no ${fact}`)
}

function describe({ rule, fact, subject, evidence }: Finding, made: ReadonlyMap<string, Made>): string {
  const shape = made.get(subject.containerId ?? '')?.shape
  return `of a ${shape} container: ${rule} ${fact}, with ${JSON.stringify(evidence)}`
}

/** The same fault of another container is the same fault. */
function withoutVolatile(fault: string, root: string): string {
  return fault.replaceAll(root, 'ROOT').replaceAll(/[0-9a-f]{64}/g, 'ID')
}
