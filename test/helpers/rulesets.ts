import { readFileSync } from 'node:fs'
import { followPacket } from '../../src/agent/nat/follow.ts'
import type { NatChain, NatPacket, NatRoute, NatRuleset } from '../../src/model/nat.ts'
import { parseIptables } from '../../src/sources/nat/iptables.ts'
import { NO_RULES } from './nat.ts'

/** The node's own address. */
export const NODE = '192.0.2.2'

/** What iptables-save printed on a node with Docker, CNI's portmap and kube-proxy. */
export const RECORDED = readFileSync(new URL('../fixtures/nat/iptables-nft-1.8.9-node.txt', import.meta.url), 'utf8')

/** The rules that iptables-save printed. */
export function ruleset(text: string, more: Partial<NatRuleset> = {}): NatRuleset {
  return { ...NO_RULES, chains: chainsOf(text), ...more }
}

export function chainsOf(text: string, backend: 'iptables-nft' | 'iptables-legacy' = 'iptables-nft'): NatChain[] {
  return parseIptables(text, { backend, family: 'ipv4' })
}

/** A nat table of these rules, with the chains that they name. */
export function table(...rules: readonly string[]): string {
  const names = new Set(rules.map((rule) => rule.split(' ')[1]))
  const own = [...names].filter((name) => name !== 'PREROUTING' && name !== 'OUTPUT').map((name) => `:${name} -`)
  return ['*nat', ':PREROUTING ACCEPT', ':OUTPUT ACCEPT', ...own, ...rules, 'COMMIT'].join('\n')
}

/** Follows TCP from outside to port 80 of the node, but for what is said otherwise. */
export function follow(rules: NatRuleset, given: Partial<NatPacket> = {}): NatRoute {
  const packet = { from: 'outside', family: 'ipv4', address: NODE, port: 80, protocol: 'tcp', ...given } as const
  return followPacket(rules, packet, [NODE])
}

/** Where a packet ends, as `address port`, or in one word. */
export function endsOf(route: NatRoute): string[] {
  return route.outcome === 'sent' ? route.targets.map(({ address, port }) => `${address} ${port}`) : [route.outcome]
}
