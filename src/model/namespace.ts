/** The namespace kinds of namespaces(7), the mission's three first. */
export const NAMESPACE_KINDS = ['net', 'pid', 'ipc', 'mnt', 'uts', 'user', 'cgroup', 'time'] as const

export type NamespaceKind = (typeof NAMESPACE_KINDS)[number]

/** The kinds whose verdict decides whether a scan could see: without all three baselines there is no scan. */
export const MISSION_KINDS = ['net', 'pid', 'ipc'] as const satisfies readonly NamespaceKind[]

/** The nsfs inode numbers of one task; a kind that could not be read is absent. */
export type NamespaceInodes = Readonly<Partial<Record<NamespaceKind, number>>>

/**
 * The inodes of the kernel's initial namespaces that every kernel has in common (`enum init_ns_ino`,
 * include/uapi/linux/nsfs.h). net and mnt have constants only on newer kernels, so they prove nothing here.
 */
export const INITIAL_INODES = {
  ipc: 0xefffffff,
  uts: 0xeffffffe,
  user: 0xeffffffd,
  pid: 0xeffffffc,
  cgroup: 0xeffffffb,
  time: 0xeffffffa,
} as const satisfies NamespaceInodes

/** How a baseline inode was proven; see docs/architecture.md. */
export type BaselineProof = 'pid1' | 'kthreadd' | 'constant' | 'majority'

export interface BaselineEntry {
  readonly inode: number
  readonly by: BaselineProof
}

/** What "the host" is, each kind on its own; a kind without proof is absent and every verdict on it is `unknown`. */
export interface Baseline {
  /** The namespaces of the node's own init: what verdicts are given against. */
  readonly node: Readonly<Partial<Record<NamespaceKind, BaselineEntry>>>
  /** The kernel's initial namespaces, or null where nothing here proves them. */
  readonly kernel: Readonly<Partial<Record<NamespaceKind, BaselineEntry>>> | null
  /** True where the node itself runs in a container (kind, Docker in Docker, LXC). */
  readonly nested: boolean
}

/** Makes a value for each kind. */
export function eachKind<Value>(of: (kind: NamespaceKind) => Value): Record<NamespaceKind, Value> {
  return {
    net: of('net'),
    pid: of('pid'),
    ipc: of('ipc'),
    mnt: of('mnt'),
    uts: of('uts'),
    user: of('user'),
    cgroup: of('cgroup'),
    time: of('time'),
  }
}
