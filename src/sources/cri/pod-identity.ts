import type { Pod } from '../../model/container.ts'
import type { SandboxItem } from './cri-schema.ts'

/** The part of a sandbox that says whose pod it is. */
export type PodFacts = Pick<SandboxItem, 'metadata' | 'labels' | 'annotations'>

/** The name that Kubernetes' own components give the sandbox among a pod's containers. */
export const SANDBOX_CONTAINER = 'POD'

/** Where the kubelet reads static pods from. It overwrites the annotation, which nobody can therefore forge. */
const STATIC_SOURCES = ['file', 'http']

/** Tells which pod a container is of, as the kubelet told the runtime. */
export function podOf(facts: PodFacts, container: string, proof: Pod['proof'], nodeName: string): Pod {
  const { name, namespace, uid } = facts.metadata
  const workload = workloadOf(facts, nodeName)
  return { namespace, name, uid, container, static: isStatic(facts), proof, ...(workload !== null && { workload }) }
}

function isStatic({ annotations }: PodFacts): boolean {
  return STATIC_SOURCES.includes(annotations['kubernetes.io/config.source'] ?? '')
}

/** Names what made the pod: a pod's name less what differs between its replicas. Labels are their author's claim. */
function workloadOf(facts: PodFacts, nodeName: string): string | null {
  const { metadata, labels } = facts
  const template = labels['pod-template-hash']
  if (isStatic(facts)) return without(metadata.name, `-${nodeName}`)
  if (template !== undefined) return beforeHash(metadata.name, template)
  return labels['controller-revision-hash'] === undefined ? null : beforeReplica(metadata.name)
}

function without(name: string, suffix: string): string {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name
}

/** A Deployment's pod is `<name>-<pod-template-hash>-<random>`. */
function beforeHash(name: string, hash: string): string | null {
  const at = name.lastIndexOf(`-${hash}-`)
  return at > 0 ? name.slice(0, at) : null
}

/** A StatefulSet's pod is `<name>-<ordinal>`, a DaemonSet's `<name>-<five random characters>`. */
function beforeReplica(name: string): string | null {
  return /^(?<workload>.+)-(?:\d+|[a-z0-9]{5})$/.exec(name)?.groups?.['workload'] ?? null
}
