import type { RuntimeName } from '../model/container.ts'
import type { CgroupContainer } from '../model/task.ts'

const ID = '(?<id>[0-9a-f]{64})'

/** Names of one path segment, the most telling first; see FACTS on cgroup paths. Monitors (`…-conmon-…`) are none. */
const SEGMENTS: readonly (readonly [RegExp, RuntimeName])[] = [
  [new RegExp(`^docker-${ID}\\.scope$`), 'docker'],
  [new RegExp(`^(?:.*:)?cri-containerd[-:]${ID}(?:\\.scope)?$`), 'containerd'],
  [new RegExp(`^crio-${ID}(?:\\.scope)?$`), 'cri-o'],
  [new RegExp(`^libpod-${ID}(?:\\.scope)?$`), 'podman'],
  [new RegExp(`^${ID}$`), 'unknown'],
]

const POD_SEGMENT = /^(?:kubepods(?:-besteffort|-burstable)?-)?pod(?<uid>[0-9a-f]{8}[0-9a-f_-]{24,28})(?:\.slice)?$/

/** Bounds the paths that one text is searched for, and each path's depth. */
const LINES_MAX = 64
const SEGMENTS_MAX = 64

const KNOWN_TEXTS_MAX = 5_000

/**
 * Finds the container in the text of /proc/PID/cgroup, cgroups(7): v1, v2 and hybrid. The innermost name counts, the
 * one around it is its parent. Null when no path names a container, which proves nothing: a private cgroup namespace
 * shows its own tasks as `0::/`.
 */
export function parseCgroup(text: string): CgroupContainer | null {
  for (const line of text.split('\n', LINES_MAX)) {
    const found = containerOf(line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1))
    if (found !== null) return found
  }
  return null
}

/** Makes a parser that remembers: the tasks of a container all have one text. Bounded, as a container can make cgroups. */
export function createCgroupParser(): (text: string) => CgroupContainer | null {
  const known = new Map<string, CgroupContainer | null>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    if (known.size >= KNOWN_TEXTS_MAX) known.clear()
    const found = parseCgroup(text)
    known.set(text, found)
    return found
  }
}

function containerOf(path: string): CgroupContainer | null {
  const segments = path.split('/', SEGMENTS_MAX)
  const named = segments.flatMap((segment, index) => {
    const match = matchSegment(segment)
    return match === null ? [] : [{ ...match, before: segments[index - 1] ?? '', index }]
  })
  const innermost = named.at(-1)
  if (innermost === undefined) return null
  const parent = named.at(-2)
  const podUid = uidOf(segments.slice(parent === undefined ? 0 : parent.index + 1, innermost.index))
  return {
    id: innermost.id,
    // cgroupfs driver: /docker/<id> names its runtime one segment above.
    runtime: innermost.runtime === 'unknown' && innermost.before === 'docker' ? 'docker' : innermost.runtime,
    ...(podUid === null ? {} : { podUid }),
    ...(parent === undefined ? {} : { parent: parent.id }),
  }
}

function matchSegment(segment: string): { readonly id: string; readonly runtime: RuntimeName } | null {
  for (const [pattern, runtime] of SEGMENTS) {
    const id = pattern.exec(segment)?.groups?.['id']
    if (id !== undefined) return { id, runtime }
  }
  return null
}

/** The systemd driver writes a uid's dashes as underscores; a static pod's uid is 32 digits without any. */
function uidOf(segments: readonly string[]): string | null {
  for (const segment of segments) {
    const uid = POD_SEGMENT.exec(segment)?.groups?.['uid']
    if (uid !== undefined) return uid.replaceAll('_', '-')
  }
  return null
}
