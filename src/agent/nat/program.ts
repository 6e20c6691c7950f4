import type { NatChain, NatHook, NatRule, NatRuleset } from '../../model/nat.ts'

/** A chain made ready: rules found by port, and whether it can decide anything. */
export interface ProgramChain {
  readonly chain: NatChain
  /** True where no packet's way depends on it: it marks, counts and returns. */
  readonly inert: boolean
  /** Gives the rules that a packet to this port may meet, in their order. */
  rulesFor(port: number): readonly NatRule[]
}

/** A ruleset made ready to be asked for many packets. */
export interface Program {
  /** Gives the chains that the kernel asks at a hook. */
  basesOf(hook: NatHook): readonly ProgramChain[]
  /** Gives the chain that a rule of another one jumps to; undefined where it is not there. */
  find(from: NatChain, name: string): ProgramChain | undefined
  /** Interfaces that lead to containers: nothing from outside arrives by them. */
  readonly inside: ReadonlySet<string>
}

/** Rules for more ports than this are looked at for every packet. */
const MAX_PORTS = 64

/** A ruleset is read-only and asked thousands of times: what is made of it lives as long as it does. */
const programs = new WeakMap<NatRuleset, Program>()

/** Makes a ruleset ready, once. */
export function programOf(ruleset: NatRuleset): Program {
  const made = programs.get(ruleset) ?? makeProgram(ruleset)
  programs.set(ruleset, made)
  return made
}

function makeProgram({ chains }: NatRuleset): Program {
  const tables = [...Map.groupBy(chains, ({ backend, family, table }) => `${backend} ${family} ${table}`).values()]
  const made = tables.map((own) => {
    const inert = findInert(own)
    return new Map(own.map((chain) => [chain.name, makeChain(chain, inert.has(chain.name))]))
  })
  const tableOf = new Map(made.flatMap((table) => [...table.values()].map(({ chain }) => [chain, table] as const)))
  const bases = made.flatMap((table) => [...table.values()].filter(({ chain }) => chain.base !== undefined))
  return {
    basesOf: (hook) => bases.filter(({ chain }) => chain.base?.hook === hook),
    find: (from, name) => tableOf.get(from)?.get(name),
    inside: new Set(chains.filter(({ name }) => name === 'DOCKER').flatMap(interfacesOf)),
  }
}

/** Docker names each of its bridges in its chain, whatever they are called. */
function interfacesOf({ rules }: NatChain): string[] {
  return rules.flatMap(({ matches }) => matches.flatMap((match) => (match.on === 'interface' ? match.names : [])))
}

/** Finds the chains that only mark, count and return, and so do those that they jump to. */
function findInert(chains: readonly NatChain[]): ReadonlySet<string> {
  const callers = listCallers(chains)
  const open = chains.filter(({ rules }) => rules.some(isDecision)).map(({ name }) => name)
  const deciding = new Set(open)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const found = (callers.get(name) ?? []).filter((caller) => !deciding.has(caller))
    for (const caller of found) deciding.add(caller)
    open.push(...found)
  }
  return new Set(chains.map(({ name }) => name).filter((name) => !deciding.has(name)))
}

function isDecision({ action }: NatRule): boolean {
  return action.do !== 'jump' && action.do !== 'continue' && action.do !== 'return'
}

/** Lists the chains of a table that jump to each chain, by name. */
function listCallers(chains: readonly NatChain[]): ReadonlyMap<string, readonly string[]> {
  const callers = new Map<string, string[]>()
  for (const { name, rules } of chains) {
    for (const { action } of rules) if (action.do === 'jump') addTo(callers, action.chain, name)
  }
  return callers
}

function makeChain(chain: NatChain, inert: boolean): ProgramChain {
  const always: number[] = []
  const byPort = new Map<number, number[]>()
  for (const [index, rule] of chain.rules.entries()) {
    if (rule.action.do === 'continue') continue
    const ports = listPorts(rule)
    if (ports === null) always.push(index)
    for (const port of ports ?? []) addTo(byPort, port, index)
  }
  const rulesAt = (indices: readonly number[]) => indices.flatMap((index) => chain.rules[index] ?? [])
  const everywhere = rulesAt(always)
  return {
    chain,
    inert,
    rulesFor: (port) => {
      const own = byPort.get(port)
      return own === undefined ? everywhere : rulesAt([...always, ...own].toSorted((a, b) => a - b))
    },
  }
}

/** Lists the few ports that a rule is for; null where it is for many, or any. */
function listPorts({ matches }: NatRule): number[] | null {
  const match = matches.find(({ on }) => on === 'port')
  if (match?.on !== 'port' || match.negated) return null
  const count = match.ranges.map(([first, last]) => last - first + 1)
  if (count.some((size) => size < 1 || size > MAX_PORTS) || count.length > MAX_PORTS) return null
  const ports = match.ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at))
  return [...new Set(ports)]
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
