import type { Port, PortOwner } from '../../model/port.ts'

const CLAIM = /^(?<who>.+)\/(?<port>\d{1,5})\/(?<protocol>tcp|udp|sctp)$/s
const RULES_MAX = 8

/** Makes one row of consecutive ports that are alike: `-p 8000-8010:8000-8010` is one declaration, and one thing to look at. */
export function withRanges(ports: readonly Port[]): Port[] {
  const runs = [...Map.groupBy(ports, likeness)].flatMap(([key, rows]) =>
    key === null ? [...rows].map((row) => [row]) : runsOf(rows),
  )
  const renamed = new Map<string, string>()
  const merged = runs.flatMap((run) => {
    const row = rangeOf(run)
    if (row !== undefined) for (const { claim } of run) renamed.set(claim, row.claim)
    return row ?? []
  })
  return merged.map((row) =>
    row.shadowedBy === undefined ? row : { ...row, shadowedBy: renamed.get(row.shadowedBy) ?? row.shadowedBy },
  )
}

/** What rows of one range have in common; null where a row stands alone: sockets come and go one by one. */
function likeness(port: Port): string | null {
  const { hostPort, claim, mechanism, owners, targets, rules: _, shadowedBy, hostPortEnd, ...rest } = port
  const { who, port: inner } = CLAIM.exec(claim)?.groups ?? {}
  if (who === undefined || hostPortEnd !== undefined || shadowedBy !== undefined) return null
  if (mechanism === 'host-listener' || mechanism === 'unknown') return null
  const shifted = targets.map((target) => ({ ...target, port: target.port - hostPort }))
  return JSON.stringify([rest, mechanism, who, Number(inner) - hostPort, shifted, owners.map(withoutPid)])
}

function withoutPid({ pid: _, ...owner }: PortOwner): Omit<PortOwner, 'pid'> {
  return owner
}

function runsOf(rows: readonly Port[]): Port[][] {
  const runs: Port[][] = []
  for (const row of rows.toSorted((a, b) => a.hostPort - b.hostPort)) {
    const run = runs.at(-1)
    if (run?.at(-1)?.hostPort === row.hostPort - 1) run?.push(row)
    else runs.push([row])
  }
  return runs
}

function rangeOf(run: readonly Port[]): Port | undefined {
  const [first] = run
  const last = run.at(-1)
  if (first === undefined || last === undefined || first === last) return first
  const { who, port, protocol } = CLAIM.exec(first.claim)?.groups ?? {}
  const rules = [...new Set(run.flatMap((row) => row.rules ?? []))].slice(0, RULES_MAX)
  return {
    ...first,
    hostPortEnd: last.hostPort,
    claim: `${who}/${port}-${Number(port) + last.hostPort - first.hostPort}/${protocol}`,
    owners: first.owners.map(withoutPid),
    ...(rules.length === 0 ? {} : { rules }),
  }
}
