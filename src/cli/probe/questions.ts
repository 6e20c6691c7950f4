import { claimsOn, type PortClaim } from '../../agent/port-claims.ts'
import { distinctTargets } from '../../agent/probe-answers.ts'
import { addressesToAsk, ownAddresses, targetsOf, whyLeftAlone } from '../../agent/probe-targets.ts'
import { portKey } from '../../model/port.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { ProbeTarget } from '../../probe/probe.ts'
import { UsageError } from '../errors.ts'
import { type NamedPorts, PORT_WORDS, parsePorts } from '../port-words.ts'
import type { Answered } from './result.ts'

/** Ports that are named in one word, at most: whoever wants all says so. */
const NAMED_MAX = 256

/** One thing to ask, why it is asked, and who has a claim on it. */
export interface Question {
  readonly target: ProbeTarget
  /** The operand that it answers; null where all ports are asked. */
  readonly named: string | null
  readonly claims: readonly PortClaim[]
}

/** Operands as they were given, each with what it names. */
export type Wanted = ReadonlyMap<string, NamedPorts>

/**
 * Parses the ports that are to be asked.
 *
 * @throws UsageError for the first that is none
 */
export function parseWanted(operands: readonly string[]): Wanted {
  return new Map(
    operands.map((operand) => {
      const ports = parsePorts(operand)
      if (ports !== null && ports.ports[1] - ports.ports[0] < NAMED_MAX) return [operand, ports]
      throw new UsageError(`PORT: expected ${PORT_WORDS}, got ${JSON.stringify(operand)}`)
    }),
  )
}

/** Lists what to ask: the ports that are named, or all of the snapshot. */
export function questionsOf(snapshot: Snapshot, wanted: Wanted | 'all'): Question[] {
  const ask = (target: ProbeTarget, named: string | null): Question => ({
    target,
    named,
    claims: claimsOn(snapshot, target),
  })
  if (wanted === 'all') return distinctTargets(targetsOf(snapshot)).map((target) => ask(target, null))
  return [...wanted].flatMap(([operand, named]) => targetsNamed(named, snapshot).map((target) => ask(target, operand)))
}

/** Gives for each port of which all are asked, and it is not, the answer that says why. */
export function leftAlone(snapshot: Snapshot): Answered[] {
  const { node, ports, takenAt: at } = snapshot
  const asked = targetsOf(snapshot)
  const own = ownAddresses(node.interfaces)
  return ports
    .filter((port) => !asked.has(portKey(port)))
    .map((port) => ({
      ...{ vantage: 'host', address: port.hostAddress, port: port.hostPort, protocol: port.protocol },
      outcome: 'not-asked',
      detail: whyLeftAlone(port, own) ?? 'there are too many ports',
      ...{
        at,
        latencyMs: 0,
        named: null,
        claims: claimsOn(snapshot, { port: port.hostPort, protocol: port.protocol }),
      },
    }))
}

function targetsNamed({ address = '', ports: [first, last], protocol = 'tcp' }: NamedPorts, { node }: Snapshot) {
  const own = ownAddresses(node.interfaces)
  const family = address === '0.0.0.0' ? 'ipv4' : 'unknown'
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return numbers.flatMap((port) =>
    addressesToAsk({ hostAddress: address, family }, own).map((one) => ({ address: one, port, protocol })),
  )
}
