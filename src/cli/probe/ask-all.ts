import { ownAddresses } from '../../agent/probe-targets.ts'
import type { Container } from '../../model/container.ts'
import { affectsAny } from '../../model/gap.ts'
import type { ProbeAnswer } from '../../model/port.ts'
import type { ProbeConfig } from '../commands/probe.ts'
import type { Io } from '../io.ts'
import type { Looker } from '../look.ts'
import { parseExclusions } from '../port-words.ts'
import { proberByHand } from '../probing.ts'
import { lookOnce } from './look-once.ts'
import { Progress } from './progress.ts'
import { leftAlone, type Question, questionsOf, type Wanted } from './questions.ts'
import type { Answered, ProbeResult } from './result.ts'
import { askFrom, vantagesOf } from './vantages.ts'

/** What decides who holds a port, beside the protocol. */
const PROTOCOLS = ['tcp', 'udp', 'sctp', 'net']

/**
 * Looks at this machine, asks its ports, and joins each answer with who has a claim on that port.
 *
 * @throws {Error} when we are not in the host's network namespace: what answers here is not the node's
 */
export async function askAll(
  wanted: Wanted | 'all',
  looker: Looker,
  config: ProbeConfig,
  io: Io,
  signal: AbortSignal,
): Promise<{ readonly result: ProbeResult; readonly containers: readonly Container[] }> {
  const snapshot = await lookOnce(looker, config.timeout, signal)
  const { node, takenAt, containers } = snapshot
  if (node.interfaces.length === 0)
    throw new Error(
      "cannot ask the node's ports: this process is not in the host's net namespace, or nothing proves it",
    )
  const questions = questionsOf(snapshot, wanted)
  const vantages = config.vantage === undefined ? [] : vantagesOf(config.vantage, snapshot, questions)
  const total = [{ questions }, ...vantages].flatMap((vantage) => vantage.questions).length
  using progress = new Progress(io.stderr, total)
  const onAnswer = () => progress.advance()
  const targets = questions.map(({ target }) => target)
  const answers = joined(await proberByHand(config).probe(targets, config.mode, signal, onAnswer), questions)
  const entering = {
    proc: config.proc,
    main: io.argv[1] ?? '',
    path: io.env['PATH'] ?? '',
    exclude: parseExclusions(config.probeExclude) ?? [],
    addresses: [...ownAddresses(node.interfaces).all],
  }
  for (const vantage of vantages) {
    answers.push(...joined(await askFrom(vantage, config.mode, entering, signal, onAnswer), vantage.questions))
  }
  if (wanted === 'all') answers.push(...leftAlone(snapshot))
  const gaps = snapshot.gaps.filter((gap) => affectsAny(gap, PROTOCOLS))
  return { result: { version: 1, takenAt, node: node.name, gaps, answers, cut: signal.aborted }, containers }
}

/** Answers stand in the order of their questions. */
function joined(answers: readonly ProbeAnswer[], questions: readonly Question[]): Answered[] {
  return answers.map((answer, index) => {
    const { named = null, claims = [] } = questions[index] ?? {}
    return { ...answer, named, claims }
  })
}
