import { readFileSync, readlinkSync } from 'node:fs'
import type { Test } from 'tap'
import { diff, stateOf } from '../../src/model/changes.ts'
import type { Container, Declared, Observed } from '../../src/model/container.ts'
import type { Report } from '../../src/model/finding.ts'
import { MISSION_KINDS } from '../../src/model/namespace.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import type { RuntimeSource } from '../../src/sources/source.ts'
import { scanMachine } from './scan-machine.ts'
import { withoutReach } from './without-reach.ts'

/** A container that runs, and what must be said of its net, pid and ipc namespace. */
export interface Expected {
  readonly id: string
  readonly name: string
  /** `namespace/name` and proof. */
  readonly pod?: string
  readonly declared: readonly [Declared, Declared, Declared]
  readonly observed: readonly [Observed, Observed, Observed]
}

const SHARED = { net: 'shared-net-namespace', pid: 'shared-pid-namespace', ipc: 'shared-ipc-namespace' } as const

/** Scans this machine with one runtime's source, and holds what is said of each container against what must be. */
export async function holdMatrix(
  t: Test,
  source: RuntimeSource,
  cases: Readonly<Record<string, Expected>>,
): Promise<void> {
  const tasks = new Procfs('/proc')
  const scan = () => scanMachine({ tasks, runtimes: [source] })
  const report = await scan()
  t.strictSame(
    report.gaps.filter((gap) => gap.source === source.name),
    [],
    'the runtime answers in full',
  )
  for (const [title, expected] of Object.entries(cases)) {
    const found = report.containers.filter(({ id }) => id === expected.id)
    t.strictSame(found.map(said), [must(expected)], title)
    t.strictSame(found.map(inodes), [inodesByKernel(found[0])], `${title}: inodes`)
    t.strictSame(findingsOn(report, expected.id), expectedFindings(expected), `${title}: findings`)
  }
  const ids = Object.values(cases).map(({ id }) => id)
  t.strictSame(diff(stateOf(only(report, ids)), stateOf(only(await scan(), ids)), 0), [], 'nothing changes by itself')
}

/** What concerns these containers: others on this machine come and go. */
function only(whole: Report, ids: readonly string[]): Report {
  const report = withoutReach(whole)
  return {
    ...report,
    containers: report.containers.filter(({ id }) => ids.includes(id)),
    findings: report.findings.filter(({ subject }) => ids.includes(subject.containerId ?? '')),
    ports: [],
    gaps: [],
  }
}

function said({ name, pod, sharing, sources }: Container) {
  return {
    name,
    pod: pod && `${pod.namespace}/${pod.name} (${pod.proof})`,
    declared: MISSION_KINDS.map((kind) => sharing[kind].declared),
    observed: MISSION_KINDS.map((kind) => sharing[kind].observed),
    verdicts: MISSION_KINDS.map((kind) => sharing[kind].verdict),
    says: MISSION_KINDS.every((kind) => sharing[kind].declaredBy !== null),
    seenBy: sources.length,
  }
}

function must({ name, pod, declared, observed }: Expected): ReturnType<typeof said> {
  const verdicts = MISSION_KINDS.map(() => 'as-declared' as const)
  return { name, pod, declared: [...declared], observed: [...observed], verdicts, says: true, seenBy: 2 }
}

function inodes({ id, initPid, sharing }: Container) {
  return {
    isInit: readFileSync(`/proc/${initPid}/cgroup`, 'utf8').includes(id),
    own: MISSION_KINDS.map((kind) => sharing[kind].inode),
    host: MISSION_KINDS.map((kind) => sharing[kind].hostInode),
  }
}

/** Kernel threads live in the initial namespaces: kthreadd is pid 2. */
function inodesByKernel(container: Container | undefined): ReturnType<typeof inodes> {
  const read = (pid: number | null | undefined) =>
    MISSION_KINDS.map((kind) => Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[0]))
  return { isInit: true, own: read(container?.initPid), host: read(2) }
}

/** Every finding on net, pid and ipc, as `rule/fact`. */
function findingsOn({ findings }: Report, id: string) {
  return findings
    .filter(({ subject }) => subject.containerId === id)
    .map(({ rule, fact }) => `${rule}/${fact}`)
    .filter((name) => MISSION_KINDS.some((kind) => name.includes(`/${kind}`)))
}

function expectedFindings({ observed }: Expected) {
  return MISSION_KINDS.filter((_, index) => observed[index] === 'host').map((kind) => `${SHARED[kind]}/${kind}`)
}
