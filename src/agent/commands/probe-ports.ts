import type { CommandRequest, ProbeReport } from '../../model/command.ts'
import { affectsAny } from '../../model/gap.ts'
import type { ProbeMode, ProbeTarget } from '../../probe/probe.ts'
import { CommandRefusal } from '../../transport/transport.ts'
import { claimsOn } from '../port-claims.ts'
import { addressesToAsk, ownAddresses } from '../probe-targets.ts'
import type { CommandDoerDeps } from './doer.ts'

/** For all ports together; what is not asked by then is told as that. */
const PROBE_MS = 15_000

/** What decides who holds a port, beside the protocol. */
const CLOUDING = ['tcp', 'udp', 'net']

/**
 * Asks ports on loopback and on the address where others look for the node, and says who has a claim on each.
 *
 * @throws CommandRefusal where this agent says less to ports, or none of its addresses is the node's
 */
export async function probePorts(
  { look, prober, mode: most }: CommandDoerDeps,
  { ports, mode }: Extract<CommandRequest, { command: 'probe' }>,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const allowed = modeOf(mode, most)
  const snapshot = await look(signal)
  const { node, takenAt, gaps } = snapshot
  if (node.interfaces.length === 0) throw new CommandRefusal("the agent is not in the host's net namespace")
  const own = ownAddresses(node.interfaces)
  const addresses = addressesToAsk({ hostAddress: '', family: 'unknown' }, own)
  const targets: ProbeTarget[] = ports.flatMap((port) => addresses.map((address) => ({ address, ...port })))
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)])
  const answers = await prober.probe(targets, allowed, limit)
  return {
    version: 1,
    takenAt,
    node: node.name,
    gaps: gaps.filter((gap) => affectsAny(gap, CLOUDING)),
    answers: answers.map((answer) => ({ ...answer, claims: claimsOn(snapshot, answer) })),
    cut: limit.aborted,
  }
}

/** What is asked for, but never more than this agent says to ports by itself. */
function modeOf(wanted: ProbeMode | undefined, most: ProbeMode | null): ProbeMode {
  if (most === null) throw new CommandRefusal('the agent asks no ports: it runs with --probe off')
  if (wanted === 'identify' && most === 'connect') {
    throw new CommandRefusal('the agent only asks whether ports answer: it runs with --probe connect')
  }
  return wanted ?? most
}
