import { lookUp } from '../../model/look-up.ts'
import type { NatChain, NatHook, NatRule } from '../../model/nat.ts'
import { parseMatches } from './iptables-match.ts'
import { parseTarget } from './iptables-target.ts'
import { listOptions, splitLines, splitParts, splitWords } from './iptables-words.ts'

/** Whose rules a text holds. */
export interface IptablesOrigin {
  readonly backend: 'iptables-nft' | 'iptables-legacy'
  readonly family: 'ipv4' | 'ipv6'
}

/** The built-in chains of the nat table, and the priorities at which both backends register them. */
const BASES: Readonly<Record<string, { readonly hook: NatHook; readonly priority: number }>> = {
  PREROUTING: { hook: 'prerouting', priority: -100 },
  INPUT: { hook: 'input', priority: 100 },
  OUTPUT: { hook: 'output', priority: -100 },
  POSTROUTING: { hook: 'postrouting', priority: 100 },
}

const MAX_TEXT = 512
const MAX_COMMENT = 256

const CHAIN = /^:(?<name>\S+) (?<policy>\S+)/
const RULE = /^-A (?<chain>\S+)(?<rest>.*)$/s

/**
 * Parses the nat table of what iptables-save(8) printed. Other tables are passed over.
 *
 * @returns no chain where there is no nat table
 * @throws {SyntaxError} when it is not such a text, or is cut
 */
export function parseIptables(text: string, origin: IptablesOrigin): NatChain[] {
  const lines = splitLines(text)
  const start = lines.indexOf('*nat')
  if (start === -1) return []
  const end = lines.indexOf('COMMIT', start)
  if (end === -1) throw new SyntaxError('the nat table of iptables-save has no end')
  const table = lines.slice(start + 1, end)
  const declared = table.flatMap((line) => {
    const { name, policy } = CHAIN.exec(line)?.groups ?? {}
    return name === undefined ? [] : [{ name, policy }]
  })
  const names = new Set(declared.map(({ name }) => name))
  const rules = Map.groupBy(
    table.filter((line) => line.startsWith('-')),
    (line) => RULE.exec(line)?.groups?.['chain'] ?? '',
  )
  const stray = [...rules.keys()].find((chain) => !names.has(chain))
  if (stray !== undefined) throw new SyntaxError(`a rule of a chain that is not there: ${stray.slice(0, 200)}`)
  return declared.map(({ name, policy }) => {
    const base = lookUp(BASES, name)
    return {
      ...origin,
      table: 'nat',
      name,
      ...(base && { base: { ...base, policy: policy === 'DROP' ? 'drop' : 'accept' } }),
      rules: (rules.get(name) ?? []).map((line) => parseRule(line, names)),
    }
  })
}

/** Parses one `-A CHAIN …` line. */
function parseRule(line: string, chains: ReadonlySet<string>): NatRule {
  const rest = RULE.exec(line)?.groups?.['rest']
  if (rest === undefined) throw new SyntaxError(`not a rule: ${line.slice(0, 200)}`)
  const options = listOptions(splitWords(rest))
  const at = options.findIndex(({ name }) => name === '-j' || name === '-g')
  const parts = splitParts(at === -1 ? options : options.slice(0, at))
  const comment = parts.find(({ module }) => module === 'comment')?.options[0]?.values[0]
  const verb = options[at]
  const [target] = verb?.values ?? []
  return {
    text: line.slice(0, MAX_TEXT),
    ...(comment !== undefined && { comment: comment.slice(0, MAX_COMMENT) }),
    matches: parts.flatMap(parseMatches),
    action:
      verb === undefined || target === undefined
        ? { do: 'continue' }
        : parseTarget({ goes: verb.name === '-g', name: target, options: options.slice(at + 1) }, chains),
  }
}
