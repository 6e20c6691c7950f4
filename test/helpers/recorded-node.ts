import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import * as z from 'zod'
import type { NamespaceInodes, NamespaceKind } from '../../src/model/namespace.ts'
import type { Process } from '../../src/model/task.ts'
import { parseCgroup } from '../../src/sources/cgroups.ts'
import { running } from './tasks.ts'

const FIXTURES = new URL('../fixtures/', import.meta.url)
const FIRST_INODE = 4026532200
/** The kernel's TASK_COMM_LEN, less its final zero. */
const COMM_MAX = 15

const pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        namespace: z.string(),
        name: z.string(),
        uid: z.string(),
        annotations: z.object({ 'kubernetes.io/config.hash': z.string().optional() }),
      }),
      // Absent, not false, where they are not asked for.
      spec: z.object({
        hostNetwork: z.literal(true).optional(),
        hostPID: z.literal(true).optional(),
        hostIPC: z.literal(true).optional(),
        shareProcessNamespace: z.literal(true).optional(),
      }),
      status: z.object({ containerStatuses: z.array(z.object({ containerID: z.string() })) }),
    }),
  ),
})

/** A pod as the API server has it. */
export type RecordedPod = z.infer<typeof pods>['items'][number]

/** The pods of the recorded node (Kubernetes 1.36), less what no test needs. */
export function recordedPods(): readonly RecordedPod[] {
  return pods.parse(JSON.parse(read('kubernetes/pods-1.36.json'))).items
}

/** The uid under which the kubelet and the runtime know a pod: of a static one its file's hash, not the mirror's uid. */
export function uidOnNode({ metadata }: RecordedPod): string {
  return metadata.annotations['kubernetes.io/config.hash'] ?? metadata.uid
}

/**
 * The processes of the recorded node: parents and names from its process tree, cgroups as it showed them. Where each
 * one's namespaces are was measured there and depends on its pod's spec alone: net and uts are the host's with
 * hostNetwork, pid with hostPID, ipc with hostIPC; shareProcessNamespace gives the pod one pid namespace; on its
 * cgroup v1, cgroup, user and time are the host's for every pod, and mnt is each container's own.
 */
export function recordedProcesses(): Process[] {
  const cgroups = readCgroups()
  const podByUid = new Map(recordedPods().map((pod) => [uidOnNode(pod), pod]))
  const inodeOf = createInodes()
  return readTree().flatMap(({ pid, ppid, comm }) => {
    const cgroup = cgroups.get(pid)
    // Pods that were there only before or after the runtime was asked.
    if (cgroup === undefined) return ppid === 1 ? [running({ pid, ppid, comm })] : []
    const container = parseCgroup(cgroup)
    const pod = podByUid.get(container?.podUid ?? '')
    if (pod === undefined) throw new Error(`pid ${pid} is in no recorded pod's cgroup: ${cgroup}`)
    return [running({ pid, ppid, comm, cgroup, container, namespaces: namespacesOf(pid, pod, inodeOf) })]
  })
}

function namespacesOf(pid: number, pod: RecordedPod, inodeOf: (name: string) => number): NamespaceInodes {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec
  const ofPod = (kind: NamespaceKind) => inodeOf(`${kind} of pod ${uidOnNode(pod)}`)
  const ofContainer = (kind: NamespaceKind) => inodeOf(`${kind} of pid ${pid}`)
  return {
    mnt: ofContainer('mnt'),
    ...(hostNetwork ? {} : { net: ofPod('net'), uts: ofPod('uts') }),
    ...(hostPID ? {} : { pid: shareProcessNamespace ? ofPod('pid') : ofContainer('pid') }),
    ...(hostIPC ? {} : { ipc: ofPod('ipc') }),
  }
}

/** Gives each name an inode of its own. */
function createInodes(): (name: string) => number {
  const inodes = new Map<string, number>()
  return (name) => {
    const inode = inodes.get(name) ?? FIRST_INODE + inodes.size
    inodes.set(name, inode)
    return inode
  }
}

function readCgroups(): ReadonlyMap<number, string> {
  const [, ...sections] = read('cgroup/kubernetes-1.36-containerd-2.1-cgroupfs-hybrid.txt').split(/^## /m)
  return new Map(
    sections.map((section) => {
      const [title = '', ...lines] = section.trim().split('\n')
      return [Number(title.split(' ').at(-1)), `${lines.join('\n')}\n`]
    }),
  )
}

function readTree(): { readonly pid: number; readonly ppid: number; readonly comm: string }[] {
  const [, ...rows] = read('kubernetes/process-tree-1.36.txt').trim().split('\n')
  return rows.map((row) => {
    const [pid, ppid, , command = ''] = row.trim().split(/\s+/)
    return { pid: Number(pid), ppid: Number(ppid), comm: basename(command).slice(0, COMM_MAX) }
  })
}

function read(file: string): string {
  return readFileSync(new URL(file, FIXTURES), 'utf8')
}
