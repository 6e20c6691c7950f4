import * as z from 'zod'
import type { ContainerState, NodeState, StateType } from '../model/changes.ts'
import { VERDICTS } from '../model/container.ts'
import { type Finding, SEVERITIES } from '../model/finding.ts'
import { GAP_REASONS, type Gap } from '../model/gap.ts'
import { eachKind, NAMESPACE_KINDS } from '../model/namespace.ts'
import { port } from './port-schema.ts'
import { count, origin, taskGroup } from './task-schema.ts'

/** What PostgreSQL takes into an index beside a finding's id: what is longer fails the whole batch, each time anew. */
const MOST_COLUMN_BYTES = 1536

const id = column(256)
const otherContainer = z.templateLiteral(['container:', z.string()])
const relation = z.union([z.enum(['host', 'kernel', 'own', 'sandbox', 'unknown', 'not-applicable']), otherContainer])

const baselineEntry = z.object({ inode: count, by: z.enum(['pid1', 'kthreadd', 'constant', 'majority']) })
const baselineEntries = z.partialRecord(z.enum(NAMESPACE_KINDS), baselineEntry)

const node = z.object({
  name: id,
  bootId: z.string(),
  os: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  cgroups: z.enum(['v1', 'v2', 'hybrid', 'unknown']),
  reader: z.enum(['procfs', 'bpf']),
  uid: count,
  interfaces: z.array(
    z.object({
      name: z.string(),
      addresses: z.array(z.object({ family: z.enum(['ipv4', 'ipv6']), address: z.string() })),
    }),
  ),
  baseline: z.object({ node: baselineEntries, kernel: baselineEntries.nullable(), nested: z.boolean() }),
  policyHash: z.string().nullable(),
}) satisfies z.ZodType<NodeState>

const heldNamespace = taskGroup.extend({
  kind: z.enum(NAMESPACE_KINDS),
  relation: z.enum(['host', 'kernel']),
  inode: count,
  mountPoints: z.array(z.string()),
})

const heldSocket = taskGroup.extend({
  protocol: z.enum(['tcp', 'udp']),
  address: z.string(),
  port: port.shape.hostPort,
  socketInode: count,
})

const sharing = z.object({
  declared: z.union([
    z.enum(['host', 'private', 'pod', 'unknown']),
    otherContainer,
    z.templateLiteral(['path:', z.string()]),
  ]),
  declaredBy: z.string().nullable(),
  observed: z.union([relation, z.literal('mixed')]),
  main: relation,
  mainVerdict: z.enum(VERDICTS),
  inode: count.nullable(),
  hostInode: count.nullable(),
  verdict: z.enum(VERDICTS),
  others: z.array(taskGroup.extend({ relation, inode: count.nullable() })),
  sightings: z.union([z.literal(1), z.literal(2)]),
})

const privileges = z.object({
  uid: count,
  effectiveCapabilities: z.string().regex(/^[0-9a-f]{1,16}$/),
  seccomp: z.enum(['disabled', 'strict', 'filter', 'unknown']),
  noNewPrivs: z.boolean(),
  lsm: z.object({
    module: z.enum(['apparmor', 'selinux', 'other', 'none', 'unknown']),
    label: z.string(),
    confines: z.boolean(),
  }),
})

const pod = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  container: z.string(),
  static: z.boolean(),
  proof: z.enum(['cri', 'cgroup', 'claim']),
  workload: z.string().exactOptional(),
})

const hostMount = z.object({
  mounted: z.enum(['host', 'none', 'unknown']),
  mountPoints: z.array(z.string()),
  total: count,
  writable: z.boolean(),
})

const container = z.object({
  id,
  name: z.string(),
  role: z.enum(['sandbox', 'container', 'unknown']),
  state: z.enum(['running', 'paused', 'restarting', 'unknown']),
  startedAt: z.number().nullable(),
  restarts: count.nullable(),
  parent: z.string().exactOptional(),
  guestKernel: z.string().exactOptional(),
  self: z.literal(true).exactOptional(),
  sandboxId: z.string().exactOptional(),
  runtime: z.object({
    name: z.enum(['docker', 'containerd', 'cri-o', 'podman', 'unknown']),
    handler: z.string().exactOptional(),
    socket: z.string().exactOptional(),
    user: z.string().exactOptional(),
    remapsUsers: z.literal(true).exactOptional(),
  }),
  sources: z.array(z.string()),
  image: z.string().nullable(),
  pod: pod.exactOptional(),
  podUid: z.string().exactOptional(),
  initPid: count.nullable(),
  initStartTime: count.nullable(),
  userNs: z.object({ inode: count.nullable(), rootMapsTo: count.nullable() }),
  privileges: privileges.nullable(),
  sharing: z.object(eachKind(() => sharing)),
  hostIpc: z.object({ shm: hostMount, mqueue: hostMount }).exactOptional(),
  origin: origin.exactOptional(),
  strays: taskGroup.exactOptional(),
  forChildren: z
    .array(taskGroup.extend({ kind: z.enum(['pid', 'time']), relation, inode: count.nullable() }))
    .exactOptional(),
  visitors: taskGroup.exactOptional(),
  held: z.array(heldNamespace).exactOptional(),
  heldSockets: z.array(heldSocket).exactOptional(),
}) satisfies z.ZodType<ContainerState>

const finding = z.object({
  id,
  group: column(MOST_COLUMN_BYTES),
  rule: id,
  severity: z.enum(SEVERITIES),
  // `resolved` is never an agent's word: a finding that no longer holds is deleted.
  status: z.enum(['open', 'accepted']),
  subject: z.object({
    type: z.enum(['container', 'pod', 'port', 'process', 'namespace', 'node']),
    containerId: z.string().exactOptional(),
    containerName: z.string().exactOptional(),
    pod: z.string().exactOptional(),
  }),
  fact: z.string(),
  summary: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  references: z.array(z.object({ name: z.string(), url: z.string() })),
  acceptance: z.object({ exception: z.string(), reason: z.string(), expiresAt: z.number().nullable() }).exactOptional(),
  stale: z.boolean(),
}) satisfies z.ZodType<Finding>

const gap = z.object({
  source: z.string(),
  subject: z.string(),
  reason: z.enum(GAP_REASONS),
  affects: z.union([z.literal('*'), z.array(z.string())]),
  detail: z.string().exactOptional(),
}) satisfies z.ZodType<Gap>

/** What each type's value must be to be shown; fields that this version does not know are dropped. */
export const valueSchemas = { node, container, port, finding, gap } satisfies Record<StateType, z.ZodType>

/** How long the key of a row may be. */
export const MAX_KEY_LENGTH = 1024

/**
 * Text that becomes a column of its own in the store: bounded, and without NUL, on which databases differ. Half of a
 * surrogate pair is read as databases write it, who would not find it again as it came.
 */
export function column(maxLength: number): z.ZodString {
  return z
    .string()
    .overwrite((text) => text.toWellFormed())
    .min(1)
    .max(maxLength)
    .refine((text) => !text.includes('\0'), 'holds a NUL character')
    .refine((text) => Buffer.byteLength(text) <= MOST_COLUMN_BYTES, `has more than ${MOST_COLUMN_BYTES} bytes`)
}
