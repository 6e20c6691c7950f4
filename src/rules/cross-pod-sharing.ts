import type { Container, OtherTasks, Relation } from '../model/container.ts'
import type { Hit, Severity } from '../model/finding.ts'
import { MISSION_KINDS } from '../model/namespace.ts'
import { type Family, familyOf } from './family.ts'
import { ATTACK_ESCAPE } from './references.ts'
import type { Rule } from './rule.ts'
import { subjectOf } from './subject.ts'

type Kind = (typeof MISSION_KINDS)[number]

const SEVERITIES: Readonly<Record<Kind, Severity>> = { net: 'medium', pid: 'high', ipc: 'medium' }

/**
 * Two containers of different pods, or that have nothing to do with each other, share net, pid or ipc, and neither was
 * declared to join the other. Kubernetes has no way to ask for it. Both reads of the scan agree on it.
 */
export const crossPodSharing: Rule = {
  id: 'cross-pod-sharing',
  title: 'Containers of different pods share a namespace',
  inputs: MISSION_KINDS,
  references: [ATTACK_ESCAPE],
  evaluate: ({ containers }) => {
    const node = { byId: new Map(containers.map((each) => [each.id, each])), family: familyOf(containers) }
    return MISSION_KINDS.flatMap((kind) =>
      onePerPair(containers.flatMap((container) => pairsOf(container, kind, node))).map(hit),
    )
  },
}

interface Containers {
  readonly byId: ReadonlyMap<string, Container>
  readonly family: (container: Container) => Family
}

/** A container in the namespace of another one that it has nothing to do with. */
interface Pair {
  readonly kind: Kind
  readonly guest: Container
  readonly owner: Container
  /** The owner's pod or the owner, as long as that lives: part of the finding's identity. */
  readonly ownerKey: string
  readonly guestKey: string
  /** The guest's tasks that are there; undefined where its main task is. */
  readonly visitors?: OtherTasks
}

interface Place extends Pick<OtherTasks, 'relation' | 'inode'>, Pick<Pair, 'visitors'> {}

function pairsOf(guest: Container, kind: Kind, { byId, family }: Containers): Pair[] {
  const { main, inode, others, sightings } = guest.sharing[kind]
  if (sightings < 2) return []
  const places: readonly Place[] = [
    { relation: main, inode },
    ...others.map((visitors) => ({ relation: visitors.relation, inode: visitors.inode, visitors })),
  ]
  return places.flatMap(({ relation, inode: shared, visitors }) => {
    const owner = byId.get(targetOf(relation) ?? '')
    if (owner === undefined) return []
    const [guestFamily, ownerFamily] = [family(guest), family(owner)]
    const isStrange = guestFamily.key !== ownerFamily.key && knows(guest, guestFamily) && knows(owner, ownerFamily)
    if (!isStrange || joins(guest, shared) || joins(owner, shared)) return []
    return [{ kind, guest, owner, guestKey: guestFamily.key, ownerKey: ownerFamily.key, ...(visitors && { visitors }) }]
  })

  /** A pod can name no container of another pod's; of others only their own declaration tells. */
  function knows({ sharing }: Container, { owner }: Family): boolean {
    return owner === 'pod' || (sharing[kind].declared !== 'unknown' && sharing[kind].mainVerdict !== 'unknown')
  }

  /** Tells whether it was declared to be in that namespace, as another container's or by a path. */
  function joins({ sharing }: Container, shared: number | null): boolean {
    const { declared, mainVerdict, inode } = sharing[kind]
    if (declared.startsWith('path:')) return mainVerdict === 'as-declared' && inode === shared
    const target = byId.get(targetOf(declared) ?? '')
    return target !== undefined && target.sharing[kind].inode === shared
  }
}

function targetOf(name: Relation | Container['sharing'][Kind]['declared']): string | undefined {
  return name.startsWith('container:') ? name.slice('container:'.length) : undefined
}

/** Of two pods one container of the guest's stands for all: its sandbox, which lives as long as the pod. */
function onePerPair(pairs: readonly Pair[]): Pair[] {
  const sorted = pairs.toSorted((a, b) => compare(rankOf(a), rankOf(b)))
  const byPair = Map.groupBy(sorted, ({ guestKey, ownerKey }) => JSON.stringify([guestKey, ownerKey]))
  return [...byPair.values()].flatMap(([first]) => first ?? [])
}

function rankOf({ guest: { role, pod, name, id } }: Pair): string {
  return JSON.stringify([role === 'sandbox' ? 0 : 1, pod?.container ?? name, id])
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}

function hit({ kind, guest, owner, ownerKey, visitors }: Pair): Hit {
  const { declared, declaredBy, inode } = guest.sharing[kind]
  return {
    subject: subjectOf(guest),
    fact: `${kind}/${ownerKey}`,
    severity: SEVERITIES[kind],
    summary:
      visitors === undefined
        ? `${guest.name} and ${owner.name} are in one ${kind} namespace, and neither declared it`
        : `${visitors.total} task(s) of ${guest.name} are in ${owner.name}'s ${kind} namespace`,
    evidence: {
      declared,
      declaredBy,
      inode: visitors?.inode ?? inode,
      other: { ...subjectOf(owner), declared: owner.sharing[kind].declared },
      ...(visitors === undefined ? {} : { tasks: visitors.tasks, total: visitors.total }),
    },
  }
}
