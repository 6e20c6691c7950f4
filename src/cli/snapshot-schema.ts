import * as z from 'zod'
import { SNAPSHOT_VERSION, type Snapshot } from '../model/snapshot.ts'
import { reportSchema, snapshotSchema } from '../transport/report-schema.ts'

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
