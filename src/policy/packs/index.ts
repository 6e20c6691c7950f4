import type { Policy } from '../policy.ts'
import { calico } from './calico.ts'
import { cilium } from './cilium.ts'
import { flannel } from './flannel.ts'
import { kubeadm } from './kubeadm.ts'
import { nodeExporter } from './node-exporter.ts'
import { nsentinel } from './nsentinel.ts'
import type { Pack } from './pack.ts'

/** Every pack, in the order that they are asked. Adding a pack means adding a line here. */
export const packs: readonly Pack[] = [nsentinel, kubeadm, flannel, calico, cilium, nodeExporter]

/** Makes a policy of exceptions and the named packs, of every pack where none are named. */
export function withPacks(names: readonly string[] | undefined, exceptions: Policy['exceptions']): Policy {
  const inForce = packs.filter(({ name }) => names === undefined || names.includes(name))
  return {
    packs: inForce.map(({ name }) => name),
    exceptions: [...exceptions, ...inForce.flatMap((pack) => pack.exceptions)],
  }
}

/** What is in force without a policy file. */
export const SHIPPED_POLICY: Policy = withPacks(undefined, [])
