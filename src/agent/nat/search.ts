import type { NatAction, NatChain, NatMapping, NatRule } from '../../model/nat.ts'
import { leadsToClusterAddress, type Maker, makerOf } from './makers.ts'
import type { Program, ProgramChain } from './program.ts'
import { narrow, type Way } from './way.ts'

export type Hook = NatMapping['hooks'][number]

/** A rule that sends packets elsewhere, and which packets come to it. */
export interface Found {
  readonly way: Way
  readonly maker: Maker
  readonly hook: Hook
  readonly action: Extract<NatAction, { do: 'dnat' | 'redirect' }>
}

interface Search {
  readonly program: Program
  readonly hook: Hook
  readonly found: Found[]
  steps: number
}

const MAX_STEPS = 300_000
const MAX_DEPTH = 16
const MAX_FOUND = 50_000

/** Finds every rule of a hook that sends packets elsewhere; not complete where there was too much to follow. */
export function search(program: Program, hook: Hook): { readonly found: readonly Found[]; readonly complete: boolean } {
  const state: Search = { program, hook, found: [], steps: 0 }
  for (const base of program.basesOf(hook)) visit(state, base, wayInto(base), 0)
  return { found: state.found, complete: isWithinLimits(state) }
}

function isWithinLimits({ steps, found }: Search): boolean {
  return steps <= MAX_STEPS && found.length < MAX_FOUND
}

function wayInto({ chain: { family } }: ProgramChain): Way {
  return {
    families: family === 'inet' ? ['ipv4', 'ipv6'] : [family],
    protocols: ['tcp', 'udp', 'sctp'],
    ports: [[1, 65_535]],
    networks: null,
    conditions: [],
    steps: [],
    share: 1,
  }
}

/** Follows every way through a chain; rules looked at are counted, so that no ruleset can hold us. */
function visit(state: Search, { chain }: ProgramChain, into: Way, depth: number): void {
  let share = into.share
  for (const rule of chain.rules) {
    state.steps += 1
    if (!isWithinLimits(state) || depth > MAX_DEPTH) return
    const way = follow(state, { chain, rule }, { ...into, share }, depth)
    if (way !== null && isByChance(rule)) share -= way.share
  }
}

/** Follows the packets that meet one rule; null where none do, or where it leads to no host port. */
function follow(state: Search, step: { chain: NatChain; rule: NatRule }, into: Way, depth: number): Way | null {
  const { action } = step.rule
  if (action.do === 'continue' || leadsToClusterAddress(step)) return null
  const called = action.do === 'jump' || action.do === 'goto' ? state.program.find(step.chain, action.chain) : undefined
  const way = called?.inert ? null : narrow(into, step, state.program.inside)
  if (way === null) return null
  if (called !== undefined) visit(state, called, way, depth + 1)
  if (action.do === 'dnat' || action.do === 'redirect') {
    const maker = makerOf(way.steps)
    if (maker !== null) state.found.push({ way, maker, hook: state.hook, action })
  }
  return way
}

function isByChance({ matches }: NatRule): boolean {
  return (
    matches.some(({ on }) => on === 'chance') &&
    matches.every(({ on }) => on === 'chance' || on === 'protocol' || on === 'family')
  )
}
