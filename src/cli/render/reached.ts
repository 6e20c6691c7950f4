import type { Effective, PortState } from '../../model/port.ts'
import type { Names } from './names.ts'
import type { Cell } from './table.ts'
import { shown } from './text.ts'

type Reached = Pick<PortState, 'effective' | 'shadowedBy'>

/** Says from where packets for a port reach its claim, and who takes those that do not. */
export function reachedCell(port: Reached, names: Names): Cell {
  const { shadowedBy } = port
  const text = reachedWords(port.effective)
  if (shadowedBy !== undefined) return { text: `${text}, taken by ${claimWords(shadowedBy, names)}`, tone: 'medium' }
  return text === '?' ? { text, tone: 'doubt' } : { text }
}

function reachedWords({ outside, node, loopback }: PortState['effective']): string {
  const words = [outside, node, loopback]
  const [first] = words
  if (first !== undefined && words.every((word) => word === first)) return ALIKE[first]
  if (outside === 'yes' && node === 'yes') return loopback === 'no' ? 'not by loopback' : `loopback ${wordOf(loopback)}`
  if (outside === 'no' && node === 'no' && loopback === 'yes') return 'by loopback'
  if (outside === 'no' && node === 'yes') return loopback === 'yes' ? 'from the node' : 'from the node, not by loopback'
  return `outside ${wordOf(outside)}, node ${wordOf(node)}, loopback ${wordOf(loopback)}`
}

const ALIKE: Readonly<Record<Effective, string>> = {
  yes: 'from anywhere',
  no: 'no',
  conditional: 'sometimes',
  unknown: '?',
}

function wordOf(effective: Effective): string {
  return effective === 'unknown' ? '?' : effective === 'conditional' ? 'sometimes' : effective
}

/** Names whose claim it is: a container, a process of the host's, a Service, or where rules lead. */
export function claimWords(claim: string, names: Names): string {
  const [kind = '', ...rest] = claim.split('/')
  if (kind === 'host') return shown(rest.join('/'))
  if (kind === 'service') return shown(rest.slice(0, 2).join('/'))
  if (kind === 'to') return shown(`${rest[0] ?? ''}:${rest[1] ?? ''}`)
  return names(kind)
}
