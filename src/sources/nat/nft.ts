import { lookUp } from '../../model/look-up.ts'
import type { NatChain, NatHook } from '../../model/nat.ts'
import { field, listOf, onlyField, textOr } from './json.ts'
import { bare, type NamedSets } from './nft-elements.ts'
import { parseNftRule } from './nft-rule.ts'
import { nftText } from './nft-text.ts'

const FAMILIES: Readonly<Record<string, NatChain['family']>> = { ip: 'ipv4', ip6: 'ipv6', inet: 'inet' }
const HOOKS: readonly NatHook[] = ['prerouting', 'input', 'output', 'postrouting']

/** What one table holds, as the JSON lists it. */
interface Table {
  readonly family: 'ipv4' | 'ipv6' | 'inet'
  readonly name: string
  readonly chains: unknown[]
  readonly rules: Map<string, unknown[]>
  readonly sets: Map<string, readonly unknown[]>
}

/**
 * Parses what `nft -j list ruleset` printed: the chains of tables that do NAT.
 *
 * @param told families whose table `nat` iptables-save told in full: what it made is opaque here, and would count twice
 * @throws {SyntaxError} when it is not such a text, or is cut
 */
export function parseNft(text: string, told: readonly ('ipv4' | 'ipv6')[] = []): NatChain[] {
  const objects = field(JSON.parse(text), 'nftables')
  if (!Array.isArray(objects)) throw new SyntaxError('not the JSON of nft: it has no list "nftables"')
  const isTold = ({ family, name }: Table) => name === 'nat' && told.some((one) => one === family)
  return listTables(objects)
    .filter((table) => !isTold(table) && table.chains.some((chain) => field(chain, 'type') === 'nat'))
    .flatMap(chainsOf)
}

/** Sorts objects to their tables, which stand before what they hold; one that is dormant does nothing. */
function listTables(objects: readonly unknown[]): Table[] {
  const tables = new Map<string, Table>()
  for (const object of objects) {
    const [kind, inner] = onlyField(object) ?? ['', undefined]
    const name = textOr(field(inner, kind === 'table' ? 'name' : 'table'), '')
    const key = `${nftText(field(inner, 'family'))} ${name}`
    const table = kind === 'table' ? tableOf(name, inner) : null
    if (table !== null) tables.set(key, table)
    add(tables.get(key), kind, inner)
  }
  return [...tables.values()]
}

function tableOf(name: string, inner: unknown): Table | null {
  const family = lookUp(FAMILIES, textOr(field(inner, 'family'), ''))
  const isDormant = listOf(field(inner, 'flags')).includes('dormant')
  return family === undefined || isDormant ? null : { family, name, chains: [], rules: new Map(), sets: new Map() }
}

function add(table: Table | undefined, kind: string, inner: unknown): void {
  const name = textOr(field(inner, 'name'), '')
  if (kind === 'chain') table?.chains.push(inner)
  if (kind === 'set' || kind === 'map') table?.sets.set(name, listOf(field(inner, 'elem') ?? []).map(bare))
  if (kind !== 'rule' || table === undefined) return
  const chain = textOr(field(inner, 'chain'), '')
  const rules = table.rules.get(chain)
  if (rules === undefined) table.rules.set(chain, [inner])
  else rules.push(inner)
}

function chainsOf({ family, name: table, chains, rules, sets }: Table): NatChain[] {
  return chains.flatMap((chain): NatChain[] => {
    const hook = HOOKS.find((known) => known === field(chain, 'hook'))
    const type = field(chain, 'type')
    // Base chains of other types filter or mark; what they drop is not judged.
    if (type !== undefined && (type !== 'nat' || hook === undefined)) return []
    const name = textOr(field(chain, 'name'), '')
    return [
      {
        backend: 'nft',
        family,
        table,
        name,
        ...(hook !== undefined && { base: { hook, ...baseOf(chain) } }),
        rules: rulesOf(rules.get(name) ?? [], sets),
      },
    ]
  })
}

function baseOf(chain: unknown): { readonly priority: number; readonly policy: 'accept' | 'drop' } {
  const priority = field(chain, 'prio')
  if (typeof priority !== 'number') throw new SyntaxError('a base chain of nft without a priority')
  return { priority, policy: field(chain, 'policy') === 'drop' ? 'drop' : 'accept' }
}

function rulesOf(rules: readonly unknown[], sets: NamedSets) {
  return rules.flatMap((rule) => parseNftRule(rule, sets))
}
