import type { PortOwner, PortState } from '../../model/port.ts'
import { endpoint } from './claims.ts'
import type { Names } from './names.ts'
import type { View } from './paint.ts'
import { claimWords } from './reached.ts'
import { INDENT } from './table.ts'
import { shown, wrap } from './text.ts'

/** Explains a container's ports one by one: who holds each, where it leads, and the rules that make it. */
export function explainPorts(ports: readonly PortState[], names: Names, view: View): string[] {
  if (ports.length === 0) return []
  return [view.paint('title', 'How its ports come about'), ...ports.flatMap((port) => explain(port, names, view))]
}

function explain(port: PortState, names: Names, view: View): string[] {
  const {
    protocol,
    hostAddress,
    hostPort,
    hostPortEnd,
    mechanism,
    effective,
    shadowedBy,
    conditions,
    rules = [],
  } = port
  const { outside, node, loopback } = effective
  const room = view.columns - 2 * INDENT.length
  const facts = [
    mechanism === 'unknown' ? 'nobody could look what is there' : mechanism,
    ...port.owners.map((owner) => ownerWords(owner, names)),
    ...port.targets.map(({ address, port: to }) => `leads to ${endpoint(protocol, address, to)}`),
    ...port.declaredBy.map(({ by, implicit, hostAddress: asked }) => declarationWords(by, implicit, asked)),
    `from outside ${outside}, from the node ${node}, by loopback ${loopback}`,
    ...(shadowedBy === undefined ? [] : [`taken by ${claimWords(shadowedBy, names)}`]),
    ...conditions.map((condition) => `condition: ${shown(condition)}`),
  ]
  return [
    `${INDENT}${endpoint(protocol, hostAddress, hostPort, hostPortEnd)}`,
    ...wrap(facts, room).map((line) => `${INDENT}${INDENT}${line}`),
    ...rules
      .flatMap((rule) => wrap([shown(rule)], room))
      .map((line) => `${INDENT}${INDENT}${view.paint('quiet', line)}`),
  ]
}

function ownerWords({ role, comm, pid, containerId }: PortOwner, names: Names): string {
  const process = comm === undefined ? [] : [`${shown(comm)}${pid === undefined ? '' : ` (${pid})`}`]
  return [role, ...process, ...(containerId === undefined ? [] : [`in ${names(containerId)}`])].join(' ')
}

function declarationWords(by: string, implicit: boolean, hostAddress: string | undefined): string {
  const address = hostAddress === undefined ? '' : ` for ${shown(hostAddress)}`
  return `declared ${implicit ? 'implicitly ' : ''}by ${by}${address}`
}
