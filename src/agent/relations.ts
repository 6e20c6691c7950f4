import type { Declared, Relation } from '../model/container.ts'
import { type Baseline, INITIAL_INODES, type NamespaceKind } from '../model/namespace.ts'
import type { Declaration } from '../sources/source.ts'
import { guestKernelOf } from './guest-kernel.ts'
import type { Draft } from './join.ts'

/** Who is who on the node: what a namespace inode means to a container. */
export interface Relations {
  /** @param inode the task's, or undefined when it could not be read */
  readonly relationOf: (draft: Draft, kind: NamespaceKind, inode: number | undefined) => Relation
  readonly samePod: (draft: Draft, relation: Relation) => boolean
  /** Tells whether a sandbox of this container's pod has a process here: CRI-O runs none where no pod PID namespace is. */
  readonly hasSandbox: (draft: Draft) => boolean
  /** Tells whether an inode is what the declaration names: a path's, or that of the main task of a container. */
  readonly isTarget: (draft: Draft, kind: NamespaceKind, inode: number | null) => boolean
  /** Tells whether what the declaration names is declared to be the host's namespace: by a path, or by a container, itself or by another. */
  readonly targetIsHost: (draft: Draft, kind: NamespaceKind) => boolean
}

/** Indexes containers by the namespaces of their main tasks. */
export function relate(drafts: readonly Draft[], baseline: Baseline): Relations {
  const byId = new Map(drafts.map((draft) => [draft.id, draft]))
  const owners = ownersOf(drafts)
  const sandboxes = drafts.filter(isSandbox)
  const sandboxPods = new Set(sandboxes.flatMap((draft) => podUidOf(draft) ?? []))
  const sandboxIds = new Set(sandboxes.map(({ id }) => id))
  const guests = new Set(drafts.filter((draft) => guestKernelOf(draft) !== null).map(({ id }) => id))
  const targetOf = (name: Declared | Relation) =>
    name.startsWith('container:') ? byId.get(name.slice('container:'.length)) : undefined
  return {
    relationOf: (draft, kind, inode) => {
      const known = relationToHost(baseline, kind, inode)
      if (known !== null) return known
      if (guests.has(draft.id)) return 'not-applicable'
      const owner = owners.get(`${kind}:${inode}`)
      if (owner === undefined || owner === draft) return 'own'
      return isSandboxOf(owner, draft) ? 'sandbox' : `container:${owner.id}`
    },
    samePod: (draft, relation) => podUidOf(draft) !== undefined && podUidOf(targetOf(relation)) === podUidOf(draft),
    hasSandbox: (draft) => sandboxPods.has(podUidOf(draft) ?? '') || sandboxIds.has(sandboxIdOf(draft) ?? ''),
    isTarget: (draft, kind, inode) => {
      const { declared, inode: path } = declarationOf(draft, kind)
      return inode !== null && inode === (path ?? targetOf(declared)?.main.leader.namespaces[kind])
    },
    targetIsHost: (draft, kind) => {
      const seen = new Set<Draft>()
      for (let next: Draft | undefined = draft; next !== undefined && !seen.has(next); ) {
        const { declared, inode } = declarationOf(next, kind)
        if (isHostBy(declared, relationToHost(baseline, kind, inode), next !== draft)) return true
        seen.add(next)
        next = targetOf(declared)
      }
      return false
    },
  }
}

/** Of a container that is named, its own declaration counts; of a path, what is there. */
function isHostBy(declared: Declared, path: Relation | null, isNamed: boolean): boolean {
  return (isNamed && declared === 'host') || path === 'host'
}

/** Tells the host's namespaces, and what cannot be told; null for one that is neither. */
function relationToHost({ node, kernel, nested }: Baseline, kind: NamespaceKind, inode?: number): Relation | null {
  // The kernel's own inodes are constants, so a kind without one is a kind that this kernel does not have.
  if (kernel !== null && kind in INITIAL_INODES && kernel[kind] === undefined) return 'not-applicable'
  const host = node[kind]?.inode
  if (inode === undefined || host === undefined) return 'unknown'
  if (inode === host) return 'host'
  if (inode !== kernel?.[kind]?.inode) return null
  return nested ? 'kernel' : 'host'
}

/** What was declared, by the first runtime that says; unknown where only cgroups know the container. */
export function declarationOf({ rows }: Draft, kind: NamespaceKind): Declaration {
  const declarations = rows.map((row) => row.declared[kind])
  return declarations.find(({ declared }) => declared !== 'unknown') ?? { declared: 'unknown', by: null }
}

/** The uid of the pod, where more than the container's own labels says so: inside a container its root makes the cgroups. */
export function podUidOf(draft: Draft | undefined): string | undefined {
  const byCgroup = draft?.cgroup?.parent === undefined ? draft?.cgroup?.podUid : undefined
  return byCgroup ?? draft?.rows.find(({ pod }) => pod !== undefined && pod.proof !== 'claim')?.pod?.uid
}

export function isSandbox({ rows }: Draft): boolean {
  return rows.some(({ role }) => role === 'sandbox')
}

/** The sandbox that a runtime names: podman's pods are none of Kubernetes and have no uid of such. */
export function sandboxIdOf({ rows }: Draft): string | undefined {
  return rows.find(({ sandboxId }) => sandboxId !== undefined)?.sandboxId
}

/** Whose runtime tells of it, where that is not root's. */
function userOf({ rows }: Draft): string | undefined {
  return rows[0]?.runtime.user
}

function isSandboxOf(owner: Draft, draft: Draft): boolean {
  if (!isSandbox(owner)) return false
  if (owner.id === sandboxIdOf(draft) && userOf(owner) === userOf(draft)) return true
  return podUidOf(owner) !== undefined && podUidOf(owner) === podUidOf(draft)
}

/** Whose a namespace is: of those whose main task sits in it, not one that asked for another's, and the oldest. */
function ownersOf(drafts: readonly Draft[]): ReadonlyMap<string, Draft> {
  const owners = new Map<string, Draft>()
  for (const draft of drafts) {
    for (const [kind, inode] of Object.entries(draft.main.leader.namespaces)) {
      const key = `${kind}:${inode}`
      const other = owners.get(key)
      if (other === undefined || precedes(draft, other, kind)) owners.set(key, draft)
    }
  }
  return owners
}

function precedes(draft: Draft, other: Draft, kind: string): boolean {
  const guests = [draft, other].map((candidate) => isGuest(candidate, kind))
  if (guests[0] !== guests[1]) return guests[1] === true
  return draft.main.leader.startTime < other.main.leader.startTime
}

/** A container that was declared to join another one's namespace, or one that a path names, does not own it. */
function isGuest(draft: Draft, kind: string): boolean {
  return draft.rows.some(({ declared, role }) => {
    const found = Object.entries(declared).find(([name]) => name === kind)?.[1].declared ?? 'unknown'
    return /^(?:container|path):/.test(found) || (found === 'pod' && role !== 'sandbox')
  })
}
