import { lookUp } from '../../model/look-up.ts'

/** One word of a rule; a quoted one is never an option. */
export interface Word {
  readonly text: string
  readonly quoted: boolean
}

/** One option of a match or target, as `! --dport 80`. */
export interface Option {
  readonly name: string
  readonly negated: boolean
  readonly values: readonly string[]
}

/** The options of one match, by the module that `-m` names; those before any `-m` are of the module ''. */
export interface Part {
  readonly module: string
  readonly options: readonly Option[]
}

const WORD = /"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^\s"]+)|(?<broken>")/gs

/** Options whose number of values is fixed: a value may look like an option, such as the comment `-x`. */
const VALUES: Readonly<Record<string, number>> = { '--comment': 1, '--log-prefix': 1, '--tcp-flags': 2 }

/**
 * Splits iptables-save's text into lines. A line break inside quotes, which a comment may hold, ends none: otherwise a
 * comment could pass for a rule.
 *
 * @throws {SyntaxError} when it ends inside quotes
 */
export function splitLines(text: string): string[] {
  const lines: string[] = []
  let open: string[] = []
  for (const line of text.split('\n')) {
    const isRule = open.length > 0 || line.startsWith('-')
    const isQuoted = isRule && hasOddQuotes(line) !== open.length > 0
    if (isQuoted) open.push(line)
    else {
      lines.push([...open, line].join('\n'))
      open = []
    }
  }
  if (open.length > 0) throw new SyntaxError(`a quote without its end: ${open[0]?.slice(0, 200)}`)
  return lines
}

function hasOddQuotes(line: string): boolean {
  return line.replace(/\\./g, '').split('"').length % 2 === 0
}

/** Splits one rule into words and takes their quotes and escapes away. */
export function splitWords(line: string): Word[] {
  return [...line.matchAll(WORD)].map(({ groups }) => {
    if (groups?.['broken'] !== undefined) throw new SyntaxError(`a quote without its end: ${line.slice(0, 200)}`)
    const quoted = groups?.['quoted']
    if (quoted === undefined) return { text: groups?.['bare'] ?? '', quoted: false }
    return { text: quoted.replace(/\\(.)/gs, '$1'), quoted: true }
  })
}

/** Groups options by the match they belong to. */
export function splitParts(options: readonly Option[]): Part[] {
  let current: { module: string; options: Option[] } = { module: '', options: [] }
  const parts = [current]
  for (const option of options) {
    if (option.name === '-m') {
      current = { module: option.values[0] ?? '', options: [] }
      parts.push(current)
    } else current.options.push(option)
  }
  return parts
}

/** Reads options and their values. */
export function listOptions(words: readonly Word[]): Option[] {
  const options: Option[] = []
  let negated = false
  for (let index = 0; index < words.length; ) {
    const word = words[index]
    index += 1
    if (word === undefined || isNegation(word)) {
      negated = true
      continue
    }
    if (!isOption(word)) throw new SyntaxError(`not an option: ${word.text.slice(0, 200)}`)
    const count = lookUp(VALUES, word.text) ?? countValues(words, index)
    const values = words.slice(index, index + count).map(({ text }) => text)
    options.push({ name: word.text, negated, values })
    negated = false
    index += count
  }
  return options
}

function countValues(words: readonly Word[], from: number): number {
  const end = words.findIndex((word, index) => index >= from && (isOption(word) || isNegation(word)))
  return (end === -1 ? words.length : end) - from
}

function isOption({ text, quoted }: Word): boolean {
  return !quoted && /^--?[a-z]/i.test(text)
}

function isNegation({ text, quoted }: Word): boolean {
  return !quoted && text === '!'
}
