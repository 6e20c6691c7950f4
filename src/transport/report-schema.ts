import * as z from 'zod'
import { SNAPSHOT_VERSION } from '../model/snapshot.ts'
import { ATTRIBUTED_KINDS } from '../model/unattributed.ts'
import { probeAnswer } from './port-schema.ts'
import { valueSchemas } from './state-schema.ts'
import { taskReference } from './task-schema.ts'

const count = z.int().nonnegative()
/** Unix milliseconds that a date can hold, ECMA-262 section 21.4.1.1. */
const moment = z.int().nonnegative().max(8.64e15)

const { baseline, policyHash } = valueSchemas.node.shape

function bounded<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), total: count })
}

function found<Item extends z.ZodType>(item: Item) {
  return z.union([bounded(item), z.literal('unknown')])
}

const netReach = z.object({
  loopbackListeners: found(z.string()),
  abstractSockets: found(z.string()),
  interfaces: found(z.object({ name: z.string(), addresses: bounded(z.string()) })),
})

const ipcObjects = found(z.object({ key: z.string(), uid: count, mode: z.string() }))

const ipcReach = z.object({
  sharedMemory: ipcObjects,
  semaphores: ipcObjects,
  messageQueues: ipcObjects,
  posixQueues: found(z.string()),
})

/** All that one scan read and joined. */
export const snapshotSchema = z.object({
  version: z.literal(SNAPSHOT_VERSION),
  takenAt: moment,
  durationMs: z.number().nonnegative(),
  node: valueSchemas.node.omit({ baseline: true, policyHash: true }),
  baseline,
  policyHash,
  gaps: z.array(valueSchemas.gap),
  containers: z.array(
    valueSchemas.container.extend({
      startedAt: moment.nullable(),
      processes: z.object({ count, threads: count }),
    }),
  ),
  reach: z.object({
    net: netReach.exactOptional(),
    pid: z.object({ hostProcesses: found(z.string()) }).exactOptional(),
    ipc: ipcReach.exactOptional(),
  }),
  namespaces: z.array(
    z.object({
      kind: z.enum(ATTRIBUTED_KINDS),
      inode: count,
      pin: z.string().nullable(),
      process: taskReference.nullable(),
      also: z.array(z.enum(ATTRIBUTED_KINDS)),
      unprivileged: z.boolean(),
    }),
  ),
  listeners: z.array(
    z.object({
      netInode: count,
      ...valueSchemas.port.pick({ family: true, protocol: true, owners: true }).shape,
      address: z.string(),
      mapped: z.literal(true).exactOptional(),
      port: valueSchemas.port.shape.hostPort,
      socketInode: count,
    }),
  ),
  ports: z.array(valueSchemas.port.extend({ probe: z.array(probeAnswer).exactOptional() })),
})

/** What a scan prints, and an agent answers that was asked to look. */
export const reportSchema = snapshotSchema.extend({ findings: z.array(valueSchemas.finding) })
