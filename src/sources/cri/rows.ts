import type { Pod, Runtime } from '../../model/container.ts'
import type { PublishedPort, RuntimeContainer } from '../source.ts'
import type { ContainerItem, SandboxItem } from './cri-schema.ts'
import { declareContainer, declareSandbox } from './declared.ts'
import type { ContainerFacts, SandboxFacts } from './facts.ts'
import type { PortMapping } from './info-schema.ts'
import { podOf, SANDBOX_CONTAINER } from './pod-identity.ts'

/** Whose containers they are. */
export interface RowContext {
  readonly runtime: Pick<Runtime, 'name' | 'socket' | 'user'>
  readonly proof: Pod['proof']
  readonly nodeName: string
}

/** A sandbox in the list, with what its status added; null where that could not be read. */
export interface Sandbox {
  readonly item: SandboxItem
  readonly facts: SandboxFacts | null
}

/** A container in the list, likewise. */
export interface CriContainer {
  readonly item: ContainerItem
  readonly facts: ContainerFacts | null
  /** Null where the runtime told of no such sandbox. */
  readonly sandbox: Sandbox | null
}

/** Describes a pod's sandbox. A sandbox without a ready process may still hold the pod's namespaces. */
export function describeSandbox({ item, facts }: Sandbox, context: RowContext): RuntimeContainer {
  return {
    id: item.id,
    name: item.metadata.name,
    role: 'sandbox',
    state: item.state === 'SANDBOX_READY' ? 'running' : 'unknown',
    startedAt: item.createdAt,
    restarts: item.metadata.attempt,
    ...describeRuntime({ item, facts }, context),
    image: facts?.info?.image ?? null,
    pod: podOf(item, SANDBOX_CONTAINER, context.proof, context.nodeName),
    initPid: facts?.info?.pid ?? null,
    declared: declareSandbox(facts?.options ?? null, facts?.info?.runtimeSpec ?? null),
    ports: publish(facts?.info?.ports ?? [], facts),
    ...(facts?.addresses && { addresses: facts.addresses }),
  }
}

/** Describes a container of a pod. */
export function describeContainer(container: CriContainer, context: RowContext): RuntimeContainer {
  const { item, facts, sandbox } = container
  return {
    id: item.id,
    name: item.metadata.name,
    role: 'container',
    state: item.state === 'CONTAINER_RUNNING' ? 'running' : 'unknown',
    startedAt: facts?.startedAt ?? null,
    restarts: item.metadata.attempt,
    ...describeRuntime(sandbox, context),
    image: imageOf(container),
    ...(sandbox !== null && { pod: podOf(sandbox.item, item.metadata.name, context.proof, context.nodeName) }),
    initPid: facts?.info?.pid ?? null,
    sandboxId: item.podSandboxId,
    declared: declareContainer(sandbox?.facts?.options ?? null, facts?.info ?? null),
    // A sandbox's own mappings say the same: the annotation counts only where the runtime keeps them to itself.
    ports: publish(sandbox?.facts?.info?.ports ? [] : (facts?.annotatedPorts ?? []), sandbox?.facts ?? null),
  }
}

function describeRuntime(sandbox: Sandbox | null, { runtime }: RowContext): Pick<RuntimeContainer, 'runtime' | 'shim'> {
  const handler = sandbox?.item.runtimeHandler || sandbox?.facts?.info?.runtimeHandler
  const shim = sandbox?.facts?.info?.runtimeType
  return { runtime: { ...runtime, ...(handler && { handler }) }, ...(shim && { shim }) }
}

/** The name that the runtime gives the image, or what the pod asked for where the runtime knows only its digest. */
function imageOf({ item, facts }: CriContainer): string | null {
  const name = facts?.image ?? ''
  const asked = item.image?.userSpecifiedImage ?? ''
  return (/^(?:sha256:.*)?$/s.test(name) ? asked || name : name) || null
}

/** The API server back-fills hostPort = containerPort with hostNetwork: no mapping is made, and nobody asked for one. */
function publish(ports: readonly PortMapping[], facts: SandboxFacts | null): readonly PublishedPort[] {
  const isHostNetwork = facts?.options?.network === 'NODE'
  return ports
    .filter(({ hostPort }) => hostPort > 0)
    .map((port) => ({ ...port, implicit: isHostNetwork && port.hostPort === port.containerPort }))
}
