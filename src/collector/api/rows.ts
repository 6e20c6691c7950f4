import * as z from 'zod'
import { SEVERITIES } from '../../model/finding.ts'
import type { Look } from '../../model/look.ts'
import {
  type ContainerView,
  EVENT_CHANGES,
  type EventPage,
  type EventView,
  type FindingView,
  type NodeView,
  type Page,
  type PortView,
} from '../../model/view.ts'
import type { AuditView, QuarantineView } from '../../store/store.ts'
import { valueSchemas } from '../../transport/state-schema.ts'

const time = z.int().describe('Unix milliseconds')

const historySince = time.nullable().describe('Nothing that was received later has been pruned')

const nextCursor = z.string().nullable().describe('Give it as `cursor` to read on; null on the last page')

const look: z.ZodType<Look> = z.object({
  takenAt: time,
  durationMs: z.number(),
  processes: z.int(),
  threads: z.int(),
  residentBytes: z.int(),
  cpuMs: z.number(),
})

/** The rows that the API gives, as its schema tells them: what the store keeps was checked when it came in. */
export const nodeRow: z.ZodType<NodeView> = valueSchemas.node
  .extend({
    agentId: z.string(),
    agentVersion: z.string(),
    status: z.enum(['online', 'late', 'silent']),
    lastSeenAt: time.nullable(),
    lastLook: look.nullable(),
    clockOffsetMs: z.number(),
    historySince,
    containers: z.int(),
    openFindings: z.record(z.enum(SEVERITIES), z.int()),
    gaps: z.array(valueSchemas.gap),
  })
  .meta({ id: 'Node' })

export const containerRow: z.ZodType<ContainerView> = valueSchemas.container
  .extend({ node: z.string() })
  .meta({ id: 'Container' })

export const portRow: z.ZodType<PortView> = valueSchemas.port.extend({ node: z.string() }).meta({ id: 'Port' })

export const findingRow: z.ZodType<FindingView> = valueSchemas.finding
  .extend({
    status: z.enum(['open', 'accepted', 'resolved']),
    node: z.string(),
    firstSeenAt: time,
    openedAt: time,
    lastSeenAt: time,
    resolvedAt: time.nullable(),
    resolution: z.enum(['fixed', 'gone', 'resync']).nullable(),
    episodes: z.int(),
  })
  .meta({ id: 'Finding' })

export const quarantineRow: z.ZodType<QuarantineView> = z
  .object({
    node: z.string(),
    epoch: z.string(),
    seq: z.int(),
    receivedAt: time,
    problem: z.string(),
    raw: z.string(),
  })
  .meta({ id: 'Quarantined' })

const eventRow: z.ZodType<EventView> = z
  .object({
    id: z.int(),
    node: z.string(),
    epoch: z.string(),
    seq: z.int(),
    at: time.describe("By the agent's clock, Unix milliseconds"),
    receivedAt: time,
    change: z.enum(EVENT_CHANGES),
    type: z.string().nullable(),
    key: z.string().nullable(),
    value: z.unknown(),
    cause: z.string().nullable(),
  })
  .meta({ id: 'Event' })

/** One page of history. */
export const eventPage: z.ZodType<EventPage> = z.object({ items: z.array(eventRow), nextCursor, historySince })

export const auditRow: z.ZodType<AuditView> = z
  .object({
    id: z.string(),
    at: time.describe('When it happened first, Unix milliseconds'),
    lastAt: time,
    count: z.int().describe('How often it happened alike, within about ten minutes'),
    action: z.enum([
      'refused',
      'enrolled',
      'reset',
      'token-created',
      'token-revoked',
      'logged-in',
      'logged-out',
      'login-failed',
      'commanded',
      'forbidden',
    ]),
    reason: z.string().nullable(),
    agentId: z.string().nullable(),
    node: z.string().nullable(),
    address: z.string().nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' })

/** Describes one page of rows. */
export function pageOf<Row>(row: z.ZodType<Row>): z.ZodType<Page<Row>> {
  return z.object({
    items: z.array(row),
    nextCursor,
  })
}
