import { reportOf } from '../../src/agent/findings.ts'
import { runScan, type ScanDeps } from '../../src/agent/scan.ts'
import type { Report } from '../../src/model/finding.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import { node } from './builders.ts'
import { noNat } from './nat.ts'

const TIMEOUT_MS = 60_000

/** Scans this machine's processes as the agent does, without runtimes and NAT rules unless they are given, and judges them. */
export async function scanMachine(given: Partial<ScanDeps> = {}): Promise<Report> {
  const deps = {
    tasks: new Procfs('/proc'),
    runtimes: [],
    node: { read: async () => ({ node: node(), gaps: [] }) },
    nat: noNat,
    nestedNode: false,
    policyHash: null,
    now: Date.now,
    ...given,
  }
  return reportOf(await runScan(deps, AbortSignal.timeout(TIMEOUT_MS)))
}
