import { CompiledQuery, type Kysely } from 'kysely'
import { STATE_TYPES, type StateType } from '../model/changes.ts'
import { COMMAND_CHANNEL } from './command-news.ts'
import type { CommandNews } from './command-store.ts'
import type { Tables } from './tables.ts'

/** What a transaction changes: whoever hears of it reads the findings by their ids. */
export interface Committed {
  readonly node: string
  readonly types: readonly StateType[]
  readonly findings: readonly { readonly id: string }[]
}

/** Tells other collectors of one database what a transaction changes, when and only when it commits. */
export interface Announcer {
  announce(trx: Kysely<Tables>, committed: readonly Committed[]): Promise<void>
  announceCommand(trx: Kysely<Tables>, news: CommandNews): Promise<void>
}

/** For a database that one collector alone uses. */
export const ANNOUNCES_NOTHING: Announcer = {
  announce: async () => undefined,
  announceCommand: async () => undefined,
}

/** Where collectors of one database tell each other what changed. */
export const CHANNEL = 'nsentinel_changes'

/** What a collector committed; findings by id. */
export interface Announcement {
  /** Which collector. */
  readonly replica: string
  readonly node: string
  readonly types: readonly StateType[]
  readonly findings: readonly string[]
}

/** Of more findings than this no dashboard is told one by one either. */
const MOST_FINDINGS = 100
/** PostgreSQL takes less than 8,000, and refuses the whole transaction else; an agent makes the ids of its findings up itself. */
const MOST_BYTES = 7999

/** Announces by NOTIFY, which PostgreSQL delivers with the commit. */
export function notifyingAnnouncer(replica: string): Announcer {
  return {
    announce: (trx, committed) =>
      notify(
        trx,
        CHANNEL,
        committed.map((each) => payloadOf(replica, each)),
      ),
    announceCommand: (trx, news) => notify(trx, COMMAND_CHANNEL, [JSON.stringify(news)]),
  }
}

function payloadOf(replica: string, { node, types, findings }: Committed): string {
  const telling = (ids: readonly string[]) =>
    JSON.stringify({ replica, node, types, findings: ids } satisfies Announcement)
  const payload = telling(findings.length > MOST_FINDINGS ? [] : findings.map(({ id }) => id))
  return Buffer.byteLength(payload) > MOST_BYTES ? telling([]) : payload
}

const NOTIFY = 'select pg_notify($1, payload) from unnest($2::text[]) as payload'

async function notify(trx: Kysely<Tables>, channel: string, payloads: readonly string[]): Promise<void> {
  await trx.executeQuery(CompiledQuery.raw(NOTIFY, [channel, [...payloads]]))
}

/**
 * Parses what a collector announced.
 *
 * @throws when it is no announcement of this version
 */
export function parseAnnouncement(payload: string): Announcement {
  const { replica, node, types, findings }: Partial<Record<keyof Announcement, unknown>> = Object(JSON.parse(payload))
  const isStateType = (type: string): type is StateType => STATE_TYPES.some((known) => known === type)
  const known = isTexts(types) ? types.filter(isStateType) : null
  if (typeof replica === 'string' && typeof node === 'string' && known !== null && isTexts(findings)) {
    return { replica, node, types: known, findings }
  }
  throw new SyntaxError(`not an announcement of a collector: ${payload.slice(0, 200)}`)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
