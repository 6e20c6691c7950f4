import * as z from 'zod'
import { shown } from '../render/text.ts'

/** A line of our own JSON logs; pino's levels. */
const entry = z.object({ level: z.number(), msg: z.string() }).loose()
const WARN = 40

const HIDDEN = new Set(['level', 'time', 'msg', 'stack'])

/**
 * Turns a line of a log into one for people, of warnings and worse; what is not of a log, such as the last words of a
 * program that crashed, stays as it is.
 *
 * @returns null for what people need not see
 */
export function lineOfLog(source: string, line: string): string | null {
  const parsed = entry.safeParse(parseJson(line))
  if (!parsed.success) return line.trim() === '' ? null : `${source}: ${shown(line)}`
  const { level, msg, ...fields } = parsed.data
  if (level < WARN) return null
  const facts = Object.entries(fields).flatMap(([key, value]) => (HIDDEN.has(key) ? [] : [`${key} ${factOf(value)}`]))
  return `${source}: ${shown(msg)}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
}

/** An error's message stands for the whole of it. */
function factOf(value: unknown): string {
  const isError = typeof value === 'object' && value !== null && 'message' in value
  return shown(isError ? value.message : value)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
