import type { TaskReference } from './container.ts'

/** The kinds that are asked after: which of them a process is in says most about it first. */
export const ATTRIBUTED_KINDS = ['net', 'pid', 'ipc', 'mnt'] as const

export type AttributedKind = (typeof ATTRIBUTED_KINDS)[number]

/** A namespace that is neither the host's nor any container's; each process counts for the first of its kinds. */
export interface UnattributedNamespace {
  readonly kind: AttributedKind
  readonly inode: number
  /** Where the node's mounts keep it alive, such as `/run/netns/blue`; null where they do not. */
  readonly pin: string | null
  /** The oldest process in it; null where only the pin keeps it alive. */
  readonly process: TaskReference | null
  /** That process's other kinds that are neither the host's. */
  readonly also: readonly AttributedKind[]
  /** True where that process has a user namespace beside the host's: it needed no right to make the others. */
  readonly unprivileged: boolean
}
