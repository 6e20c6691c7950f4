import type { NatRuleset } from '../../src/model/nat.ts'
import type { NatSource } from '../../src/sources/source.ts'

/** A net namespace without rules. */
export const NO_RULES: NatRuleset = { chains: [], datapaths: [], routeLocalnet: [] }

/** The source of a node without NAT rules. */
export const noNat: NatSource = { read: async () => ({ ruleset: NO_RULES, gaps: [] }) }
