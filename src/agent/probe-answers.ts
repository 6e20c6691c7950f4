import { type ProbeAnswer, portKey } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { targetKey } from '../probe/probe.ts'
import type { PortTargets } from './probe-targets.ts'

/** Answers by the key of their target. */
export type AnswersByTarget = ReadonlyMap<string, ProbeAnswer>

/** Puts answers beside the ports that they are about. What was not asked is no answer: nothing is said of it. */
export function withAnswers(snapshot: Snapshot, targets: PortTargets, answers: AnswersByTarget): Snapshot {
  const ports = snapshot.ports.map((port) => {
    const asked = (targets.get(portKey(port)) ?? []).flatMap((target) => answers.get(targetKey(target)) ?? [])
    const probe = asked.filter(({ outcome }) => outcome !== 'not-asked')
    return probe.length === 0 ? port : { ...port, probe: [...(port.probe ?? []), ...probe] }
  })
  return { ...snapshot, ports }
}

/** Lists each target once, however many ports it is asked for. */
export function distinctTargets(targets: PortTargets) {
  return [...new Map([...targets.values()].flat().map((target) => [targetKey(target), target])).values()]
}
