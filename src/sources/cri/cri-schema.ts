import * as z from 'zod'
import { type Answer, answered, failed } from './answer.ts'

/** Bounds the rows of a list; a node runs some hundred containers. */
const ROWS_MAX = 10_000

/** An id of the runtime's; never a path, for others may build names from it. */
export const id = z.string().regex(/^[0-9A-Za-z][\w.-]{0,127}$/)
/** A name of Kubernetes', which ends at 253 characters. */
export const name = z.string().max(253)
/** An image reference. */
export const reference = z.string().max(1024)

const MODES = ['POD', 'CONTAINER', 'NODE', 'TARGET'] as const

/** How CRI scopes a namespace; `UNKNOWN` is a mode that this version does not know. */
export type NamespaceMode = (typeof MODES)[number] | 'UNKNOWN'

/** A NamespaceMode by name (gRPC) or number (a runtime's JSON); proto3 leaves out the zero, POD. */
export const mode = z
  .union([z.enum(MODES), z.int()])
  .default('POD')
  .transform((value): NamespaceMode => (typeof value === 'number' ? (MODES[value] ?? 'UNKNOWN') : value))

/** A label's value ends at 63; a longer one is nobody's workload. */
const label = z.string().max(63).optional().catch(undefined)
const int64 = z.string().max(20).default('0')
/** Nanoseconds to Unix milliseconds; zero and Go's zero time, which is negative, are null. */
const timestamp = int64.transform((text) => (/^[1-9]\d*$/.test(text) ? Number(BigInt(text) / 1_000_000n) : null))
/** gRPC gives an enum's value by name, or by number where the name is not in our .proto. */
const enumeration = (zero: string) => z.union([z.string().max(63), z.int()]).default(zero)

const version = z.object({
  runtimeName: z.enum(['containerd', 'cri-o', 'docker', 'unknown']).catch('unknown'),
  runtimeVersion: z.string().max(127).default(''),
})

const sandboxItem = z.object({
  id,
  metadata: z.object({ name, uid: name.default(''), namespace: name.default(''), attempt: z.int().default(0) }),
  state: enumeration('SANDBOX_READY'),
  createdAt: timestamp,
  labels: z.object({ 'pod-template-hash': label, 'controller-revision-hash': label }).default({}),
  annotations: z.object({ 'kubernetes.io/config.source': label }).default({}),
  runtimeHandler: name.default(''),
})

const containerItem = z.object({
  id,
  podSandboxId: id,
  metadata: z.object({ name, attempt: z.int().default(0) }),
  image: z.object({ userSpecifiedImage: reference.default('') }).nullish(),
  state: enumeration('CONTAINER_CREATED'),
  createdAt: timestamp,
  annotations: z.object({ 'io.kubernetes.container.ports': z.string().optional() }).default({}),
})

const options = z
  .object({ network: mode, pid: mode, ipc: mode, usernsOptions: z.object({ mode }).nullish() })
  .transform(({ usernsOptions, ...rest }) => ({ ...rest, user: usernsOptions?.mode ?? null }))

const linux = z.object({ namespaces: z.object({ options: options.nullish() }).nullish() })
const info = z.object({ info: z.string().optional() }).default({})

const address = z.string().max(63).default('')
/** Of the host's network a runtime tells no address, or the node's: neither is the pod's own. */
const network = z.object({
  ip: address,
  additionalIps: z
    .array(z.object({ ip: address }))
    .max(16)
    .default([]),
})

const sandboxStatus = z
  .object({ status: z.object({ id, network: network.nullish(), linux: linux.nullish() }), info })
  .transform(({ status, info }) => ({
    id: status.id,
    options: status.linux?.namespaces?.options ?? null,
    addresses: status.network ? addressesOf(status.network) : null,
    info: info.info ?? null,
  }))

function addressesOf({ ip, additionalIps }: z.infer<typeof network>): readonly string[] {
  return [ip, ...additionalIps.map((other) => other.ip)].filter((found) => found !== '')
}

const image = z.object({ image: reference.default('') })
const containerStatus = z
  .object({ status: z.object({ id, startedAt: timestamp, image: image.nullish() }), info })
  .transform(({ status, info }) => ({
    id: status.id,
    startedAt: status.startedAt,
    image: status.image?.image ?? '',
    info: info.info ?? null,
  }))

const EVENT_TYPES = [
  'CONTAINER_CREATED_EVENT',
  'CONTAINER_STARTED_EVENT',
  'CONTAINER_STOPPED_EVENT',
  'CONTAINER_DELETED_EVENT',
] as const
const event = z.object({
  containerId: id,
  containerEventType: z.enum(EVENT_TYPES).default(EVENT_TYPES[0]),
  createdAt: timestamp,
})

const sandboxList = z.object({ items: z.array(z.unknown()).default([]) })
const containerList = z.object({ containers: z.array(z.unknown()).default([]) })

/** What a pod asked for; `user` is null where the runtime or its client knows no user namespaces. */
export type NamespaceOptions = z.infer<typeof options>
export type Version = z.infer<typeof version>
export type SandboxItem = z.infer<typeof sandboxItem>
export type ContainerItem = z.infer<typeof containerItem>
export type SandboxStatus = z.infer<typeof sandboxStatus>
export type ContainerStatus = z.infer<typeof containerStatus>
export type ContainerEvent = z.infer<typeof event>

/** The rows of a list that could be read, and how many could not: a bad row does not hide the others. */
export interface Rows<Item> {
  readonly items: readonly Item[]
  readonly malformed: number
  readonly beyondLimit: number
}

/** Parses a VersionResponse. */
export function parseVersion(message: unknown): Answer<Version> {
  return parse(version, message)
}

/** Parses a ListPodSandboxResponse. */
export function parseSandboxes(message: unknown): Answer<Rows<SandboxItem>> {
  const list = parse(sandboxList, message)
  return list.ok ? answered(parseRows(sandboxItem, list.value.items)) : list
}

/** Parses a ListContainersResponse. */
export function parseContainers(message: unknown): Answer<Rows<ContainerItem>> {
  const list = parse(containerList, message)
  return list.ok ? answered(parseRows(containerItem, list.value.containers)) : list
}

/** Parses a PodSandboxStatusResponse; its verbose info stays the text that it is. */
export function parseSandboxStatus(message: unknown): Answer<SandboxStatus> {
  return parse(sandboxStatus, message)
}

/** Parses a ContainerStatusResponse; its verbose info stays the text that it is. */
export function parseContainerStatus(message: unknown): Answer<ContainerStatus> {
  return parse(containerStatus, message)
}

/** Parses a ContainerEventResponse. */
export function parseEvent(message: unknown): Answer<ContainerEvent> {
  return parse(event, message)
}

function parseRows<Item>(schema: z.ZodType<Item>, rows: readonly unknown[]): Rows<Item> {
  const within = rows.slice(0, ROWS_MAX)
  const items = within.flatMap((row) => schema.safeParse(row).data ?? [])
  return { items, malformed: within.length - items.length, beyondLimit: rows.length - within.length }
}

function parse<Value>(schema: z.ZodType<Value>, message: unknown): Answer<Value> {
  const { data, error } = schema.safeParse(message)
  return error === undefined ? answered(data) : failed('malformed', z.prettifyError(error))
}
