import { type Answer, after, answered, type Failure, failed } from './answer.ts'
import type { CriClient } from './client.ts'
import {
  type ContainerItem,
  type ContainerStatus,
  parseContainerStatus,
  parseSandboxStatus,
  type SandboxItem,
  type SandboxStatus,
} from './cri-schema.ts'
import {
  type ContainerInfo,
  type PortMapping,
  parseContainerInfo,
  parseContainerPorts,
  parseSandboxInfo,
  type SandboxInfo,
} from './info-schema.ts'

/** What a sandbox's status adds to its row in the list; it does not change while the sandbox lives. */
export interface SandboxFacts extends Pick<SandboxStatus, 'options' | 'addresses'> {
  readonly info: SandboxInfo | null
}

/** What a container's status adds to its row in the list; it does not change while the container runs. */
export interface ContainerFacts extends Pick<ContainerStatus, 'startedAt' | 'image'> {
  readonly info: ContainerInfo | null
  /** What the kubelet's annotation says; null without one. */
  readonly annotatedPorts: readonly PortMapping[] | null
}

/** Facts as far as they could be read, and why not further; `facts` is null where nothing answered. */
export interface Reading<Facts> {
  readonly facts: Facts | null
  readonly failure: Failure | null
}

/** Asks for a sandbox's status with its verbose info. */
export async function readSandbox(
  client: CriClient,
  { id }: SandboxItem,
  deadline: number,
): Promise<Reading<SandboxFacts>> {
  const answer = await client.call('PodSandboxStatus', { podSandboxId: id, verbose: true }, deadline)
  const status = after(after(answer, parseSandboxStatus), (value) => checkId(id, value))
  if (!status.ok) return { facts: null, failure: status.failure }
  const info = parseSandboxInfo(status.value.info)
  return {
    facts: { options: status.value.options, addresses: status.value.addresses, info: usable(info) },
    failure: failureOf(info),
  }
}

/** Asks for a container's status with its verbose info, and reads what its row in the list has of ports. */
export async function readContainer(
  client: CriClient,
  { id, annotations }: ContainerItem,
  deadline: number,
): Promise<Reading<ContainerFacts>> {
  const answer = await client.call('ContainerStatus', { containerId: id, verbose: true }, deadline)
  const status = after(after(answer, parseContainerStatus), (value) => checkId(id, value))
  if (!status.ok) return { facts: null, failure: status.failure }
  const { startedAt, image } = status.value
  const info = parseContainerInfo(status.value.info)
  const ports = parseContainerPorts(annotations['io.kubernetes.container.ports'] ?? null)
  return {
    facts: { startedAt, image, info: usable(info), annotatedPorts: usable(ports) },
    failure: failureOf(info) ?? failureOf(ports),
  }
}

function checkId<Status extends { readonly id: string }>(id: string, status: Status): Answer<Status> {
  return status.id === id ? answered(status) : failed('malformed', `a status of ${status.id} for ${id}`)
}

function usable<Value>(answer: Answer<Value>): Value | null {
  return answer.ok ? answer.value : null
}

function failureOf(answer: Answer<unknown>): Failure | null {
  return answer.ok ? null : answer.failure
}
