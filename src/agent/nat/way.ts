import type { NatMatch } from '../../model/nat.ts'
import type { Protocol } from '../../model/port.ts'
import { isEverything, isWithin } from './address.ts'
import { isInside } from './judge.ts'
import type { Step } from './makers.ts'

type Range = readonly [number, number]

/** The packets that come to a rule, as the rules before it let them. */
export interface Way {
  readonly families: readonly ('ipv4' | 'ipv6')[]
  readonly protocols: readonly Protocol[]
  readonly ports: readonly Range[]
  /** Where they may be sent to; null is anywhere. */
  readonly networks: readonly string[] | null
  readonly conditions: readonly string[]
  readonly steps: readonly Step[]
  /** The share that chance lets through. */
  readonly share: number
}

/** Leads packets past one rule's matches; null where none can pass. */
export function narrow(way: Way, step: Step, inside: ReadonlySet<string>): Way | null {
  let next: Way | null = { ...way, steps: [...way.steps, step] }
  for (const match of step.rule.matches) {
    next = isForOutsiders(match, inside) ? next : narrowBy(next, match)
    if (next === null) return null
  }
  return next
}

/** Whoever comes from outside meets it. */
function isForOutsiders(match: NatMatch, inside: ReadonlySet<string>): boolean {
  return match.on === 'interface' && match.negated && match.names.every((name) => isInside(name, inside))
}

function narrowBy(way: Way, match: NatMatch): Way | null {
  switch (match.on) {
    case 'family':
      return some({ ...way, families: way.families.filter((family) => (family === match.family) !== match.negated) })
    case 'protocol':
      return some({ ...way, protocols: way.protocols.filter((one) => match.protocols.includes(one) !== match.negated) })
    case 'port':
      return some({ ...way, ports: cutPorts(way.ports, match.negated ? complementOf(match.ranges) : match.ranges) })
    case 'destination':
      return narrowDestination(way, match)
    case 'local-destination':
      return match.negated ? null : way
    case 'chance':
      return { ...way, share: way.share * match.probability }
    default:
      return { ...way, conditions: [...way.conditions, describe(match)] }
  }
}

function some(way: Way): Way | null {
  return way.families.length > 0 && way.protocols.length > 0 && way.ports.length > 0 ? way : null
}

function cutPorts(ranges: readonly Range[], by: readonly Range[]): Range[] {
  return ranges.flatMap(([first, last]) =>
    by.flatMap(([from, to]): Range[] => {
      const cut: Range = [Math.max(first, from), Math.min(last, to)]
      return cut[0] <= cut[1] ? [cut] : []
    }),
  )
}

function complementOf(ranges: readonly Range[]): Range[] {
  let free: Range[] = [[0, 65_535]]
  for (const [first, last] of ranges)
    free = cutPorts(free, [
      [0, first - 1],
      [last + 1, 65_535],
    ])
  return free
}

function narrowDestination(way: Way, match: Extract<NatMatch, { on: 'source' | 'destination' }>): Way | null {
  const { networks, negated } = match
  if (networks.some(isEverything)) return negated ? null : way
  if (negated) {
    if (way.networks?.every((network) => networks.some((other) => isWithin(network, other)))) return null
    return { ...way, conditions: [...way.conditions, describe(match)] }
  }
  if (way.networks === null) return { ...way, networks }
  const both = [...within(way.networks, networks), ...within(networks, way.networks)]
  return both.length === 0 ? null : { ...way, networks: [...new Set(both)] }
}

function within(inner: readonly string[], outer: readonly string[]): string[] {
  return inner.filter((network) => outer.some((other) => isWithin(network, other)))
}

/** Says in words for which packets a match holds. */
function describe(match: NatMatch): string {
  switch (match.on) {
    case 'source':
    case 'destination': {
      const word = match.on === 'source' ? 'from' : 'to'
      return `${match.negated ? 'not ' : ''}${word} ${match.networks.slice(0, 8).join(', ')}`
    }
    case 'local-source':
      return match.negated ? 'not from the node' : 'from the node'
    case 'interface':
      return `${match.negated ? 'not ' : ''}${match.direction} by ${match.names.slice(0, 8).join(', ')}`
    case 'unknown':
      return `not understood: ${match.text}`
    case 'sometimes':
      return match.text
    default:
      return match.on
  }
}
