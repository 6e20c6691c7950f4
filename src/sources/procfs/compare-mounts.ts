import type { HostIpc, HostMount } from '../../model/host-ipc.ts'
import type { Mount } from './mountinfo.ts'

/** A directory as the kernel knows it, whatever path leads there: of one file system, from its root. */
export interface Place {
  readonly device: string
  readonly path: string
  readonly type: string
}

/** Where the host's file systems are; null where its mounts do not tell. */
export interface HostPlaces {
  readonly root: Place | null
  readonly shm: Place | null
  readonly mqueue: Place | null
}

/** How many mount points are named, and how much of each. */
const NAMED_MAX = 4
const NAME_MAX = 256

const NONE: HostMount = { mounted: 'none', mountPoints: [], total: 0, writable: false }
const UNKNOWN: HostMount = { ...NONE, mounted: 'unknown' }

/** Finds the host's own file systems in the mounts that a host's process sees. */
export function hostPlacesOf(mounts: readonly Mount[]): HostPlaces {
  return { root: placeOf(mounts, '/'), shm: placeOf(mounts, '/dev/shm'), mqueue: placeOf(mounts, '/dev/mqueue') }
}

/**
 * Tells what of the host's a container has mounted, by device and root. Null where its root is the host's own: it is
 * starting, and its runtime has yet to change its root, or it has all of the host's file systems anyway.
 *
 * A mqueue file system belongs to one ipc namespace and every mount of it has the same device, mq_overview(7): the same
 * device as the host's proves the host's queues. Without one at the host's /dev/mqueue nothing tells whose it is.
 */
export function compareMounts(host: HostPlaces, mounts: readonly Mount[]): HostIpc | null {
  const root = placeOf(mounts, '/')
  if (root === null || isSamePlace(root, host.root)) return null
  return { shm: shmIn(mounts, host.shm), mqueue: mqueueIn(mounts, host.mqueue) }
}

/** Tells whether the root that these mounts have is the host's. */
export function hasHostRoot(mounts: readonly Mount[], root: HostPlaces['root']): boolean {
  return isSamePlace(placeOf(mounts, '/'), root)
}

function isSamePlace(place: Place | null, other: Place | null): boolean {
  return place !== null && place.device === other?.device && place.path === other.path
}

function shmIn(mounts: readonly Mount[], place: Place | null): HostMount {
  return place === null ? UNKNOWN : mountedOf(mounts.filter((mount) => overlaps(mount, place)))
}

function mqueueIn(mounts: readonly Mount[], place: Place | null): HostMount {
  const queues = mounts.filter(({ type }) => type === 'mqueue')
  if (queues.length > 0 && place?.type !== 'mqueue') return UNKNOWN
  return mountedOf(queues.filter(({ device }) => device === place?.device))
}

function mountedOf(mounts: readonly Mount[]): HostMount {
  if (mounts.length === 0) return NONE
  return {
    mounted: 'host',
    mountPoints: mounts.slice(0, NAMED_MAX).map(({ mountPoint }) => mountPoint.slice(0, NAME_MAX)),
    total: mounts.length,
    writable: mounts.some(({ readOnly }) => !readOnly),
  }
}

/** A mount of the place, of a part of it, or of what holds it. */
function overlaps({ device, root }: Mount, place: Place): boolean {
  return device === place.device && (isAtOrBelow(root, place.path) || isAtOrBelow(place.path, root))
}

/** Follows a path as the kernel does: at each mount the first one further down that path, stacked ones on top of each other. */
function placeOf(mounts: readonly Mount[], path: string): Place | null {
  const ids = new Set(mounts.map(({ id }) => id))
  const onPath = Map.groupBy(
    mounts.filter(({ mountPoint }) => isAtOrBelow(path, mountPoint)),
    ({ id, parent }) => (ids.has(parent) && parent !== id ? parent : null),
  )
  let current: Mount | undefined
  for (let next = shortest(onPath.get(null)); next !== undefined; next = shortest(onPath.get(next.id))) {
    // An id that was used again while the file was read must not lead back.
    onPath.delete(next.parent)
    current = next
  }
  if (current === undefined) return null
  const { device, root, mountPoint, type } = current
  return { device, path: joined(root, path.slice(mountPoint === '/' ? 0 : mountPoint.length)), type }
}

function shortest(mounts: readonly Mount[] = []): Mount | undefined {
  return mounts.toSorted((a, b) => a.mountPoint.length - b.mountPoint.length)[0]
}

function joined(root: string, rest: string): string {
  const below = rest.replace(/^\//, '')
  if (below === '') return root
  return root === '/' ? `/${below}` : `${root}/${below}`
}

function isAtOrBelow(path: string, above: string): boolean {
  return above === '/' || path === above || path.startsWith(`${above}/`)
}
