import type { NatAction, NatChain, NatRule } from '../../model/nat.ts'
import type { PortTarget } from '../../model/port.ts'
import { type Judgement, judge, type Situation } from './judge.ts'
import type { Program, ProgramChain } from './program.ts'
import { targetsOf } from './targets.ts'

/** What leads somewhere: the share of packets for which the conditions hold, and what was met on the way. */
export interface Path {
  readonly share: number
  readonly conditions: readonly string[]
  readonly unknowns: readonly string[]
  readonly rules: readonly string[]
}

/** One end of a packet's way through a chain. */
export interface Leaf extends Path {
  /** `fall` goes on after the jump that led here, `accept` after the base chain. */
  readonly end: 'sent' | 'dropped' | 'accept' | 'fall' | 'unknown'
  readonly targets: readonly PortTarget[]
}

/** One packet's walk; rules looked at are counted, so that no ruleset can hold us. */
export interface Walk {
  readonly program: Program
  readonly situation: Situation
  steps: number
}

const MAX_STEPS = 50_000
/** The kernel refuses deeper jumps, NFT_JUMP_STACK_SIZE. */
const MAX_DEPTH = 16

/** Where every packet begins. */
export const START: Path = { share: 1, conditions: [], unknowns: [], rules: [] }

/** Follows a packet through one chain, rule by rule, to every end that it may come to. */
export function walkChain(walk: Walk, { chain, rulesFor }: ProgramChain, depth = 0): Leaf[] {
  const leaves: Leaf[] = []
  let path = START
  for (const rule of rulesFor(walk.situation.packet.port)) {
    walk.steps += 1
    if (walk.steps > MAX_STEPS || depth > MAX_DEPTH) return [unknownLeaf('more rules than are followed')]
    if (isInert(walk, chain, rule)) continue
    const judged = judge(rule.matches, walk.situation)
    if (!judged.holds) continue
    const ends = endsOf(walk, { chain, rule }, depth)
    const going = ends.filter(({ end }) => end === 'fall' && rule.action.do === 'jump')
    if (going.length === ends.length) continue
    leaves.push(...ends.filter((leaf) => !going.includes(leaf)).map((leaf) => via(leaf, rule, judged, path)))
    path = passing(path, judged, going)
    if (path.share === 0) return leaves
  }
  return [...leaves, { ...path, end: 'fall', targets: [] }]
}

/** Gives what becomes of a path behind a rule that took some packets: those that do not meet it, and those that came back. */
export function passing(path: Path, { probability, conditions, unknowns }: Judgement, back: readonly Path[]): Path {
  const returned = Math.min(1, sum(back.map(({ share }) => share)))
  const isSure = conditions.length === 0 && unknowns.length === 0
  return {
    share: isSure ? path.share * (1 - probability + probability * returned) : path.share,
    conditions: [...path.conditions, ...back.flatMap((leaf) => leaf.conditions)],
    unknowns: [...path.unknowns, ...back.flatMap((leaf) => leaf.unknowns)],
    rules: path.rules,
  }
}

function isInert({ program }: Walk, chain: NatChain, { action }: NatRule): boolean {
  return action.do === 'jump' && program.find(chain, action.chain)?.inert === true
}

function via(leaf: Leaf, { text }: NatRule, { probability, conditions, unknowns }: Judgement, path: Path): Leaf {
  return {
    ...leaf,
    share: path.share * probability * leaf.share,
    conditions: [...path.conditions, ...conditions, ...leaf.conditions],
    unknowns: [...path.unknowns, ...unknowns, ...leaf.unknowns],
    rules: [text, ...leaf.rules],
  }
}

/** What a rule's action alone leads to. */
function endsOf(walk: Walk, { chain, rule: { action } }: { chain: NatChain; rule: NatRule }, depth: number): Leaf[] {
  switch (action.do) {
    case 'jump':
    case 'goto': {
      const next = walk.program.find(chain, action.chain)
      return next === undefined ? [unknownLeaf(`no chain ${action.chain}`)] : walkChain(walk, next, depth + 1)
    }
    case 'dnat':
    case 'redirect':
      return sent(action, walk.situation)
    case 'unknown':
      return [unknownLeaf(action.text)]
    case 'drop':
      return [leafOf('dropped')]
    case 'accept':
      return [leafOf('accept')]
    case 'return':
    case 'continue':
      return [leafOf('fall')]
  }
}

function sent(action: Extract<NatAction, { do: 'dnat' | 'redirect' }>, { packet }: Situation): Leaf[] {
  const targets = targetsOf(action, packet)
  return [targets === null ? unknownLeaf('more targets than are listed') : { ...leafOf('sent'), targets }]
}

function leafOf(end: Leaf['end']): Leaf {
  return { ...START, end, targets: [] }
}

function unknownLeaf(reason: string): Leaf {
  return { ...leafOf('unknown'), unknowns: [reason] }
}

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}
