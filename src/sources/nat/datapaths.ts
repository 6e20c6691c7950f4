import { readdir, readFile } from 'node:fs/promises'
import type { NatDatapath } from '../../model/nat.ts'
import { parseInterfaceNames } from '../host.ts'

/** What is looked for, and what is found there. */
export interface DatapathTraces {
  readonly interfaces: readonly string[]
  /** Names of pinned eBPF maps. */
  readonly pins: readonly string[]
  /** The text of /proc/net/ip_vs. */
  readonly ipvs: string
}

const PINS = ['/sys/fs/bpf/tc/globals', '/sys/fs/bpf']

/** Finds what forwards packets beside netfilter's rules, by the traces it leaves. */
export function findDatapaths({ interfaces, pins, ipvs }: DatapathTraces): NatDatapath[] {
  const cilium = [
    ...interfaces.filter((name) => /^cilium_(?:host|net)$/.test(name)).map((name) => `interface ${name}`),
    ...pins.filter((name) => name.startsWith('cilium')).map((name) => `eBPF pin ${name}`),
  ]
  const calico = [
    ...interfaces.filter((name) => /^bpf(?:in|out)\.cali$/.test(name)).map((name) => `interface ${name}`),
    ...pins.filter((name) => name.startsWith('cali')).map((name) => `eBPF pin ${name}`),
  ]
  const services = ipvs.split('\n').filter((line) => /^(?:TCP|UDP|SCTP|FWM) /.test(line))
  return [
    ...cilium.slice(0, 1).map((evidence) => ({ name: 'cilium' as const, evidence })),
    ...calico.slice(0, 1).map((evidence) => ({ name: 'calico-ebpf' as const, evidence })),
    ...services
      .slice(0, 1)
      .map((line) => ({ name: 'ipvs' as const, evidence: `/proc/net/ip_vs: ${line.trim().slice(0, 80)}` })),
  ]
}

/** Reads the traces in our own net namespace; what is not there leaves none. */
export async function readTraces(procRoot: string): Promise<DatapathTraces> {
  const [devices, ipvs, ...pins] = await Promise.all([
    readFile(`${procRoot}/self/net/dev`, 'utf8'),
    readFile(`${procRoot}/self/net/ip_vs`, 'utf8').catch(nothing),
    ...PINS.map((folder) => readdir(folder).catch(nothing)),
  ])
  return { interfaces: parseInterfaceNames(devices), pins: pins.flatMap((names) => (names === '' ? [] : names)), ipvs }
}

/** None of these need be there, and bpffs is root's. */
function nothing(): '' {
  return ''
}
