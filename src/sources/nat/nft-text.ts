import { lookUp } from '../../model/look-up.ts'
import { field, listOf, onlyField } from './json.ts'

/** More elements of a set than this are not spelled out. */
const SHOWN = 8

/** Writes an expression of nft's JSON in nft's words, libnftables-json(5); what it does not know stays JSON. */
export function nftText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return list(value, ',')
  const [name, inner] = onlyField(value) ?? ['', undefined]
  const write = lookUp(WRITERS, name)
  return write === undefined ? (JSON.stringify(value) ?? '').slice(0, 200) : write(inner)
}

const WRITERS: Readonly<Record<string, (inner: unknown) => string>> = {
  payload: (inner) => `${nftText(field(inner, 'protocol'))} ${nftText(field(inner, 'field'))}`,
  meta: (inner) => `meta ${nftText(field(inner, 'key'))}`,
  ct: (inner) => `ct ${nftText(field(inner, 'key'))}`,
  fib: (inner) => `fib ${listOf(field(inner, 'flags')).map(nftText).join(' . ')} ${nftText(field(inner, 'result'))}`,
  prefix: (inner) => `${nftText(field(inner, 'addr'))}/${nftText(field(inner, 'len'))}`,
  range: (inner) => listOf(inner).map(nftText).join('-'),
  concat: (inner) => listOf(inner).map(nftText).join(' . '),
  set: (inner) => `{ ${list(listOf(inner), ', ')} }`,
  elem: (inner) => nftText(field(inner, 'val')),
  numgen: (inner) => `numgen ${nftText(field(inner, 'mode'))} mod ${nftText(field(inner, 'mod'))}`,
  jhash: (inner) => `jhash ${nftText(field(inner, 'expr'))} mod ${nftText(field(inner, 'mod'))}`,
  map: (inner) => `${nftText(field(inner, 'key'))} map${nameOf(field(inner, 'data'))}`,
  vmap: (inner) => `${nftText(field(inner, 'key'))} vmap${nameOf(field(inner, 'data'))}`,
  limit: (inner) => `limit rate ${nftText(field(inner, 'rate'))}/${nftText(field(inner, 'per'))}`,
  '&': (inner) => listOf(inner).map(nftText).join(' & '),
  match: (inner) =>
    `${nftText(field(inner, 'left'))}${operatorOf(field(inner, 'op'))} ${nftText(field(inner, 'right'))}`,
  jump: (inner) => `jump ${nftText(field(inner, 'target'))}`,
  goto: (inner) => `goto ${nftText(field(inner, 'target'))}`,
  accept: () => 'accept',
  drop: () => 'drop',
  return: () => 'return',
  continue: () => 'continue',
  counter: () => '',
  log: () => 'log',
  xt: (inner) => `xt ${nftText(field(inner, 'type'))} ${nftText(field(inner, 'name'))}`,
  mangle: (inner) => `${nftText(field(inner, 'key'))} set ${nftText(field(inner, 'value'))}`,
  dnat: (inner) => `dnat to ${destinationOf(inner)}`,
  redirect: (inner) => (inner === null ? 'redirect' : `redirect to ${destinationOf(inner)}`),
}

function list(values: readonly unknown[], separator: string): string {
  const shown = values.slice(0, SHOWN).map(nftText)
  return [...shown, ...(values.length > SHOWN ? ['…'] : [])].join(separator)
}

/** A map that has no name is told by the one element that a rule was made of. */
function nameOf(data: unknown): string {
  return typeof data === 'string' ? ` ${data}` : ''
}

function operatorOf(operator: unknown): string {
  return operator === '==' || operator === 'in' ? '' : ` ${nftText(operator)}`
}

function destinationOf(inner: unknown): string {
  const address = field(inner, 'addr')
  const port = field(inner, 'port')
  return `${address === undefined ? '' : nftText(address)}${port === undefined ? '' : `:${nftText(port)}`}`
}
