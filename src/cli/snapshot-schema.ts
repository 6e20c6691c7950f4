import * as z from 'zod'
import { SNAPSHOT_VERSION, type Snapshot } from '../model/snapshot.ts'
import { ATTRIBUTED_KINDS } from '../model/unattributed.ts'
import { probeAnswer } from '../transport/port-schema.ts'
import { valueSchemas } from '../transport/state-schema.ts'
import { taskReference } from '../transport/task-schema.ts'

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

const snapshotSchema = z.object({
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

const reportSchema = snapshotSchema.extend({ findings: z.array(valueSchemas.finding) })

type Concrete<Value> = Value extends object ? { -readonly [Key in keyof Value]-?: Concrete<Value[Key]> } : Value
type Mutual<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false

/** The same schema; it does not compile where the schema lacks a field that the model has, which replay would drop. */
const complete: Mutual<Concrete<z.output<typeof snapshotSchema>>, Concrete<Snapshot>> extends true
  ? typeof snapshotSchema
  : never = snapshotSchema

/**
 * Parses a saved snapshot, or the JSON of a scan, whose findings are left out: they are judged anew.
 *
 * @throws Error whose message says in one line what is wrong with the text
 */
export function parseSnapshot(text: string): Snapshot {
  const parsed = complete.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.')
  throw new Error(`not a snapshot of version ${SNAPSHOT_VERSION}: ${place}: ${issue?.message ?? 'malformed'}`)
}

/** The JSON schema of `scan --output json`, made of the same schema that replay parses with. */
export function reportJsonSchema(): object {
  return { title: 'nsentinel scan report', ...z.toJSONSchema(reportSchema) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('not JSON, or cut short', { cause })
  }
}
