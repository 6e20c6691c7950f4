import * as z from 'zod'
import { type CommandRequest, MOST_PROBED, REPLY_STATUSES, type ReplyStatus } from '../model/command.ts'
import { column } from './state-schema.ts'

/** The longest that a collector may give a command, and an agent takes for one. */
export const LONGEST_COMMAND_MS = 60_000
/** The largest result of a command, in bytes of its JSON. */
export const LARGEST_REPLY_BYTES = 8 * 1024 * 1024
/** How long a command may take where nobody says. */
export const USUAL_COMMAND_MS = 30_000
const MOST_PARTS = 1024

/** An end that asks for more gets so much. */
const atMost = (most: number) =>
  z
    .int()
    .positive()
    .transform((given) => Math.min(given, most))

/** A command as it travels; what is in its options is read by {@link parseRequest}, so that a wrong one can be refused. */
export const commandFrame = z.object({
  type: z.literal('command'),
  id: column(64),
  command: column(64),
  options: z.record(z.string(), z.unknown()).exactOptional(),
  timeoutMs: atMost(LONGEST_COMMAND_MS).exactOptional(),
  maxBytes: atMost(LARGEST_REPLY_BYTES).exactOptional(),
})

/** A reply, or a part of one; what its status asks for is read by {@link readReply}. */
export const replyFrame = z.object({
  type: z.literal('reply'),
  id: column(64),
  status: column(64),
  reason: z.string().exactOptional(),
  part: z.int().positive().exactOptional(),
  parts: z.int().positive().max(MOST_PARTS).exactOptional(),
  text: z.string().exactOptional(),
})

export type CommandFrame = z.infer<typeof commandFrame>
export type ReplyFrame = z.infer<typeof replyFrame>

/** A port of the node to ask. */
const wantedPort = z.object({ port: z.int().min(1).max(65_535), protocol: z.enum(['tcp', 'udp']).default('tcp') })

/** What may be asked. */
export const requestSchema = z.discriminatedUnion('command', [
  z.object({ command: z.literal('scan') }),
  z.object({
    command: z.literal('probe'),
    ports: z.array(wantedPort).min(1).max(MOST_PROBED),
    mode: z.enum(['connect', 'identify']).exactOptional(),
  }),
  z
    .object({
      command: z.literal('triage'),
      container: column(256).exactOptional(),
      pod: column(512).exactOptional(),
      pid: z.int().positive().exactOptional(),
    })
    .refine(
      (given) => [given.container, given.pod, given.pid].filter((one) => one !== undefined).length <= 1,
      'takes a container, a pod or a pid, and not several',
    ),
]) satisfies z.ZodType<CommandRequest>

/** What a reply says: a part of a result, or why there is none. */
export type Reply =
  | { readonly status: 'done'; readonly part: number; readonly parts: number; readonly text: string }
  | { readonly status: Exclude<ReplyStatus, 'done'>; readonly reason: string }

/** Reads what a reply says; null where its status and its fields do not belong together. */
export function readReply({ status, reason = '', part, parts, text }: ReplyFrame): Reply | null {
  const known = REPLY_STATUSES.find((one) => one === status)
  if (known === undefined) return null
  if (known !== 'done') return { status: known, reason }
  if (part === undefined || parts === undefined || text === undefined || part > parts) return null
  return { status: known, part, parts, text }
}
