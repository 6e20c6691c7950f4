import type { RuntimeName } from '../model/container.ts'
import type { CgroupContainer } from '../model/task.ts'

const ID = '(?<id>[0-9a-f]{64})'

/** Names of one path segment, the most telling first; see FACTS on cgroup paths. Monitors (`…-conmon-…`) are none. */
const SEGMENTS: readonly (readonly [RegExp, RuntimeName])[] = [
  [new RegExp(`^docker-${ID}\\.scope$`), 'docker'],
  [new RegExp(`^(?:cri-containerd|nerdctl)-${ID}(?:\\.scope)?$`), 'containerd'],
  [new RegExp(`^crio-${ID}(?:\\.scope)?$`), 'cri-o'],
  // `--cgroups=split`, as every systemd unit made by Quadlet has it, calls it payload.
  [new RegExp(`^libpod-(?:payload-)?${ID}(?:\\.scope)?$`), 'podman'],
  [new RegExp(`^${ID}$`), 'unknown'],
]

/** What a bare id is by the segment before it; a podman pod's own group holds its containers and is none. */
const BY_PARENT: Readonly<Record<string, RuntimeName | null>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  libpod_parent: null,
}

/** A kubelet with a cgroup root of its own (kind) puts that root's name before `kubepods`. */
const POD_SEGMENT =
  /^(?:(?:[^-]+-)*kubepods(?:-besteffort|-burstable)?-)?pod(?<uid>[0-9a-f]{32}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\.slice)?$/

/** Below these, systemd lets users make cgroups of any name. */
const USERS = /^(?:user(?:-\d+)?\.slice|user@\d+\.service)$/

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
  // containerd without its systemd driver writes `kubepods-…-pod<uid>.slice:cri-containerd:<id>` as one segment.
  const segments = path.split(/[/:]/, SEGMENTS_MAX)
  const named = segments.flatMap((segment, index) => {
    const match = matchSegment(segment, segments[index - 1] ?? '')
    return match === null ? [] : [{ ...match, index }]
  })
  const innermost = named.at(-1)
  if (innermost === undefined) return null
  const parent = named.at(-2)
  const podUid = uidOf(segments.slice(parent === undefined ? 0 : parent.index + 1, innermost.index))
  return {
    id: innermost.id,
    runtime: innermost.runtime,
    ...(podUid === null ? {} : { podUid }),
    ...(parent === undefined ? {} : { parent: parent.id }),
  }
}

function matchSegment(segment: string, before: string): { readonly id: string; readonly runtime: RuntimeName } | null {
  for (const [pattern, byName] of SEGMENTS) {
    const id = pattern.exec(segment)?.groups?.['id']
    if (id === undefined) continue
    const runtime = byName === 'unknown' && Object.hasOwn(BY_PARENT, before) ? BY_PARENT[before] : byName
    return runtime ? { id, runtime } : null
  }
  return null
}

/** The systemd driver writes a uid's dashes as underscores; a static pod's uid is 32 digits without any. */
function uidOf(segments: readonly string[]): string | null {
  if (segments.some((segment) => USERS.test(segment))) return null
  for (const segment of segments) {
    const uid = POD_SEGMENT.exec(segment)?.groups?.['uid']
    if (uid !== undefined) return uid.replaceAll('_', '-')
  }
  return null
}
