import { type Logger, pino } from 'pino'
import { escapeInvisible } from './render/json.ts'

/** Makes a log of JSON lines; what a terminal would obey is escaped in them. */
export function createLog(level: string, write: (line: string) => void): Logger {
  return pino({ level, base: null }, { write: (line) => write(escapeInvisible(line)) })
}
