import * as z from 'zod'
import { LARGEST_REPLY_BYTES, requestSchema } from '../../transport/command-schema.ts'
import type { AskedCommand, CommandAnswer } from '../../transport/pending-commands.ts'

const question = z.object({ request: requestSchema, maxBytes: z.int().positive().max(LARGEST_REPLY_BYTES) })

const answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('done'), text: z.string() }),
  z.object({
    status: z.enum(['refused', 'failed', 'timed-out', 'too-large', 'lost', 'bad-reply']),
    reason: z.string(),
  }),
]) satisfies z.ZodType<CommandAnswer>

/** Writes what one collector asks another: all of a command but for when it must be done. */
export function encodeQuestion({ request, maxBytes }: Omit<AskedCommand, 'timeoutMs'>): string {
  return JSON.stringify({ request, maxBytes })
}

/** Parses what another collector asks; null where it is of a version that asks otherwise. */
export function parseQuestion(text: string): Omit<AskedCommand, 'timeoutMs'> | null {
  return question.safeParse(JSON.parse(text)).data ?? null
}

/** Writes what came of a command for the collector that asked. */
export function encodeAnswer(given: CommandAnswer): string {
  return JSON.stringify(given)
}

/** Parses what came of a command at another collector; one of another version may say what is none here. */
export function parseAnswer(text: string): CommandAnswer {
  const parsed = answer.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  return {
    status: 'bad-reply',
    reason: 'the collector that has the agent answered as no collector of this version does',
  }
}
