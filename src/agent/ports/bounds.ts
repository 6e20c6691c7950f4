import type { Gap } from '../../model/gap.ts'
import type { Port } from '../../model/port.ts'

/** More than a container needs, and few enough that one cannot push another's out of a report. */
const PER_CONTAINER_MAX = 512
/** Of those that belong to no container. */
const PER_HOST_MAX = 4096

/** Cuts the rows of whoever has too many, what was declared last, and says so. */
export function boundPorts(ports: readonly Port[]): { readonly ports: Port[]; readonly gaps: Gap[] } {
  const kept: Port[] = []
  const gaps: Gap[] = []
  for (const [owner, rows] of Map.groupBy(ports, ownerOf)) {
    const most = owner === undefined ? PER_HOST_MAX : PER_CONTAINER_MAX
    if (rows.length <= most) {
      kept.push(...rows)
      continue
    }
    const ordered = rows.toSorted(
      (a, b) => Number(b.declaredBy.length > 0) - Number(a.declaredBy.length > 0) || a.hostPort - b.hostPort,
    )
    kept.push(...ordered.slice(0, most))
    gaps.push(cutGap(owner, rows.length, most))
  }
  return { ports: kept.toSorted(inOrder), gaps }
}

function ownerOf({ owners, targets, declaredBy }: Port): string | undefined {
  return [...owners, ...targets, ...declaredBy].find(({ containerId }) => containerId !== undefined)?.containerId
}

function cutGap(owner: string | undefined, total: number, most: number): Gap {
  return {
    source: 'ports',
    subject: owner === undefined ? 'host ports of no container' : `host ports of container ${owner}`,
    reason: 'too-large',
    affects: owner === undefined ? [] : [owner],
    detail: `${total} ports, of which ${most} are told`,
  }
}

function inOrder(a: Port, b: Port): number {
  return (
    a.hostPort - b.hostPort ||
    compare(a.protocol, b.protocol) ||
    compare(a.hostAddress, b.hostAddress) ||
    compare(a.claim, b.claim)
  )
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
