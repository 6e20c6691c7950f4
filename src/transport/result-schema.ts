import * as z from 'zod'
import type { CommandName, ProbeReport, Triage } from '../model/command.ts'
import { canonicalJson } from './canonical-json.ts'
import { FIRST_FAULT } from './first-fault.ts'
import { probeAnswer } from './port-schema.ts'
import { problemOf } from './protocol.ts'
import { reportSchema } from './report-schema.ts'
import { valueSchemas } from './state-schema.ts'

const count = z.int().nonnegative()
const { containers, findings, listeners, ports, gaps, takenAt, durationMs } = reportSchema.shape
const head = { version: z.literal(1), takenAt, node: z.string() }

const probeReport = z.object({
  ...head,
  gaps,
  answers: z.array(probeAnswer.extend({ claims: z.array(valueSchemas.port.omit({ probe: true })) })),
  cut: z.boolean(),
}) satisfies z.ZodType<ProbeReport>

const triage = z.object({
  ...head,
  durationMs,
  about: z.array(z.string()).nullable(),
  ...{ findings, containers, ports, listeners, gaps },
  left: z.object({ findings: count, containers: count, ports: count, listeners: count, gaps: count }),
}) satisfies z.ZodType<Triage>

/** What each command's result must be; fields that this version does not know are dropped. */
export const resultSchemas = { scan: reportSchema, probe: probeReport, triage } satisfies Record<CommandName, z.ZodType>

/**
 * Reads the result of a node as its agent wrote it, and gives it without what this version does not know, as JSON.
 *
 * @throws Error whose message says in a bounded line what is wrong with it
 */
export function readResult(command: CommandName, node: string, text: string): string {
  const parsed = resultSchemas[command].safeParse(parseJson(text), FIRST_FAULT)
  if (!parsed.success) throw new Error(`the result does not keep its shape: ${problemOf(parsed.error)}`)
  const { node: told } = parsed.data
  if ((typeof told === 'string' ? told : told.name) !== node) throw new Error('the result is of another node')
  const written = canonicalJson(parsed.data)
  if (written === null) throw new Error('the result nests too deep')
  return written
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('the result is not JSON', { cause })
  }
}
