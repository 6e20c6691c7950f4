import { closeSync } from 'node:fs'
import { ownAddresses } from '../../agent/probe-targets.ts'
import type { Container } from '../../model/container.ts'
import type { ProbeAnswer } from '../../model/port.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { createProberElsewhere } from '../../probe/elsewhere.ts'
import { type Exclusion, type ProbeMode, type ProbeTarget, targetKey } from '../../probe/probe.ts'
import { openNet } from '../../sources/procfs/open-net.ts'
import { UsageError } from '../errors.ts'
import { findContainer } from '../narrow.ts'
import type { Question } from './questions.ts'
import { parseProbeAnswer } from './result.ts'

/** More net namespaces than this are not entered. */
const VANTAGES_MAX = 64

/** The word for whichever container is behind each port. */
const BEHIND = 'pod'

/** A container from whose net namespace is asked, and what. */
export interface Vantage {
  readonly container: Container
  readonly questions: readonly Question[]
}

/**
 * Lists from which containers' net namespaces to ask again, and what there: the node's own addresses as before, which are
 * not loopback's, and where the port's mapping leads in that container itself.
 *
 * @param where `pod` for those behind the ports, or a container by name or id
 * @throws UsageError where the named container is none, or has no network of its own
 */
export function vantagesOf(where: string, snapshot: Snapshot, questions: readonly Question[]): Vantage[] {
  const { all } = ownAddresses(snapshot.node.interfaces)
  const fromAway = questions.filter(({ target }) => all.has(target.address) && !isLoopback(target.address))
  if (where === BEHIND) {
    const behind = snapshot.containers.filter(hasOwnNet).map((container) => ({
      container,
      questions: distinct(fromAway.filter(isBehind(container)).flatMap(withTargets(container))),
    }))
    return onePerNamespace(behind.filter(({ questions: some }) => some.length > 0)).slice(0, VANTAGES_MAX)
  }
  const container = findContainer(snapshot.containers, where, '--vantage')
  if (!hasOwnNet(container))
    throw new UsageError(`--vantage: expected a container with a network of its own, got ${JSON.stringify(where)}`)
  return [{ container, questions: distinct(fromAway.flatMap(withTargets(container))) }]
}

/** What entering a namespace takes. */
export interface Entering {
  readonly proc: string
  readonly main: string
  readonly path: string
  readonly exclude: readonly Exclusion[]
  readonly addresses: readonly string[]
}

/** Asks from a container's net namespace; where it cannot be entered, every answer says why. */
export async function askFrom(
  { container, questions }: Vantage,
  mode: ProbeMode,
  { proc, main, path, exclude, addresses }: Entering,
  signal: AbortSignal,
  onAnswer: () => void,
): Promise<readonly ProbeAnswer[]> {
  const vantage = `container:${container.id}` as const
  const targets = questions.map(({ target }) => target)
  const netFd = openOf(container, proc)
  if (typeof netFd === 'string') return targets.map((target) => failed(vantage, target, netFd))
  try {
    const program = [process.execPath, main, 'internal-probe']
    const prober = createProberElsewhere({
      ...{ vantage, exclude, addresses, path, netFd, program },
      parseAnswer: parseProbeAnswer,
      now: Date.now,
    })
    return await prober.probe(targets, mode, signal, onAnswer)
  } finally {
    closeSync(netFd)
  }
}

function openOf({ initPid, initStartTime, sharing }: Container, proc: string): number | string {
  const { inode } = sharing.net
  if (initPid === null || initStartTime === null || inode === null) return 'no process of it could be looked at'
  try {
    return openNet(proc, { pid: initPid, startTime: initStartTime, inode })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function failed(
  vantage: ProbeAnswer['vantage'],
  { address, port, protocol }: ProbeTarget,
  detail: string,
): ProbeAnswer {
  return { vantage, address, port, protocol, outcome: 'failed', detail, at: Date.now(), latencyMs: 0 }
}

function hasOwnNet({ sharing: { net } }: Container): boolean {
  return net.inode !== null && net.inode !== net.hostInode
}

function isBehind({ id }: Container): (question: Question) => boolean {
  return ({ claims }) =>
    claims.some(({ targets, owners }) => [...targets, ...owners].some(({ containerId }) => containerId === id))
}

/** Beside the port itself, where its mapping leads in this container. */
function withTargets({ id }: Container): (question: Question) => Question[] {
  return (question) => {
    const inside = question.claims
      .flatMap(({ targets }) => targets)
      .filter(({ containerId }) => containerId === id)
      .map(({ address, port }) => ({ ...question, target: { address, port, protocol: question.target.protocol } }))
    return [question, ...inside]
  }
}

/** The containers of a pod share one net namespace: the first of them that is behind a port stands for all. */
function onePerNamespace(vantages: readonly Vantage[]): Vantage[] {
  const groups = [...Map.groupBy(vantages, ({ container }) => container.sharing.net.inode).values()]
  return groups.flatMap((group) => {
    const [first = null] = group.toSorted((a, b) => rank(a.container) - rank(b.container))
    return first === null ? [] : [{ ...first, questions: distinct(group.flatMap(({ questions }) => questions)) }]
  })
}

function rank({ role }: Container): number {
  return role === 'sandbox' ? 1 : 0
}

function distinct(questions: readonly Question[]): Question[] {
  return [...new Map(questions.map((question) => [targetKey(question.target), question])).values()]
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
