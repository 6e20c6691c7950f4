import type { Container, Pod } from '../model/container.ts'
import { type Baseline, eachKind, type NamespaceKind } from '../model/namespace.ts'
import { totalOf } from '../model/total.ts'
import type { Rights } from '../sources/source.ts'
import { forChildrenOf } from './for-children.ts'
import { guestKernelOf } from './guest-kernel.ts'
import type { Draft } from './join.ts'
import { podUidOf, type Relations, relate, sandboxIdOf } from './relations.ts'
import { sharingOf } from './sharing.ts'
import { groupOf } from './task-group.ts'

/** Judges every container: all of them together, since one's namespace can be another's. */
export function judgeContainers(
  drafts: readonly Draft[],
  baseline: Baseline,
  rightsOf: (draft: Draft) => Rights,
): Container[] {
  const relations = relate(drafts, baseline)
  return drafts.map((draft) => containerOf(draft, baseline, relations, rightsOf(draft)))
}

function containerOf(draft: Draft, baseline: Baseline, relations: Relations, rights: Rights): Container {
  const { id, rows, cgroup, main, processes } = draft
  const row = rows[0]
  const pod = podOf(draft)
  const podUid = podUidOf(draft)
  const sharing = (kind: NamespaceKind) => sharingOf(draft, kind, relations, baseline)
  return {
    id,
    name: row?.name ?? id.slice(0, 12),
    role: row?.role ?? 'unknown',
    state: row?.state ?? 'unknown',
    startedAt: row?.startedAt ?? null,
    restarts: row?.restarts ?? null,
    ...neighboursOf(draft),
    ...guestOf(draft),
    runtime: row?.runtime ?? { name: cgroup?.runtime ?? 'unknown' },
    sources: [...rows.map(({ source }) => source), 'cgroups'],
    image: imageOf(draft),
    ...(pod === undefined ? {} : { pod }),
    ...(podUid === undefined || isProven(pod) ? {} : { podUid }),
    initPid: main.leader.pid,
    initStartTime: main.leader.startTime,
    userNs: { inode: main.leader.namespaces.user ?? null, rootMapsTo: rights.rootMapsTo },
    privileges: rights.privileges,
    sharing: eachKind(sharing),
    ...astrayOf(draft, relations),
    processes: {
      count: processes.length,
      threads: totalOf(processes.map(({ threads }) => threads)),
    },
  }
}

/** Its tasks that left its cgroup, and those whose children will be elsewhere. */
function astrayOf(draft: Draft, relations: Relations): Pick<Container, 'strays' | 'forChildren'> {
  const strays = draft.processes.filter(({ stray }) => stray === true).map(({ leader }) => leader)
  const forChildren = forChildrenOf(draft, relations)
  return {
    ...(strays.length === 0 ? {} : { strays: groupOf(strays) }),
    ...(forChildren.length === 0 ? {} : { forChildren }),
  }
}

/** CRI knows by which name a pod asked for its image, where the runtime below it may know only a digest. */
function imageOf({ rows }: Draft): string | null {
  return rows.find(({ pod }) => pod?.proof === 'cri')?.image ?? rows[0]?.image ?? null
}

function isProven(pod: Pod | undefined): boolean {
  return pod !== undefined && pod.proof !== 'claim'
}

function guestOf(draft: Draft): Pick<Container, 'guestKernel'> {
  const guestKernel = guestKernelOf(draft)
  return guestKernel === null ? {} : { guestKernel }
}

function neighboursOf(draft: Draft): Pick<Container, 'parent' | 'sandboxId'> {
  const parent = draft.cgroup?.parent
  const sandboxId = sandboxIdOf(draft)
  return { ...(parent === undefined ? {} : { parent }), ...(sandboxId === undefined ? {} : { sandboxId }) }
}

/** A label's word becomes proof where the kubelet's own cgroup path names the same pod. */
function podOf(draft: Draft): Pod | undefined {
  const pods = draft.rows.flatMap((row) => row.pod ?? [])
  const pod = pods.find(({ proof }) => proof !== 'claim') ?? pods[0]
  if (pod === undefined || pod.proof !== 'claim' || pod.uid !== podUidOf(draft)) return pod
  return { ...pod, proof: 'cgroup' }
}
