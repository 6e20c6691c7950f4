import * as z from 'zod'
import { SEVERITIES } from '../model/finding.ts'
import { setting } from './config.ts'

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
/** Timers hold no more than 24 days, and fire at once beyond. */
const LONGEST_MS = 24 * UNIT_MS.h
const DURATION = /^(?<amount>\d{1,9})(?<unit>ms|s|m|h)$/

/** The store that ends with the process. */
export const MEMORY = ':memory:'

/** How and where to look: of every command that scans. */
export const scanSettings = {
  proc: setting(text('a directory').default('/proc'), {
    value: 'DIR',
    description: "the node's procfs: /proc, or where a container has it mounted",
  }),
  dockerSocket: setting(text('the path of a socket').optional(), {
    value: 'PATH',
    description: "Docker's socket; without it the usual place, and its absence is no gap",
  }),
  podmanSocket: setting(text('the path of a socket').optional(), {
    value: 'PATH',
    description: "podman's socket; without it the usual place and those of all users",
  }),
  criSocket: setting(text('the path of a socket').optional(), {
    value: 'PATH',
    description: "the CRI runtime's socket; without it the usual places of containerd, CRI-O and others",
  }),
  nodeName: setting(text('a name').optional(), { value: 'NAME', description: 'what to call the node (its host name)' }),
  nestedNode: flag('pid 1 is the init of a nested node (kind, Docker in Docker), not of our own container'),
}

/** How often and how patiently to look: of every command that goes on looking. */
export const loopSettings = {
  interval: duration('10s', 'look at least this often'),
  timeout: duration('30s', 'give up when a look takes longer'),
  ...scanSettings,
}

/** Where a collector keeps what agents tell. */
export const store = setting(text('the path of a file').default(MEMORY), {
  value: 'FILE',
  description: 'keep history in this SQLite file, not only in memory',
})

/** How to print a report. */
export const outputSettings = {
  output: choice(['table', 'json', 'ndjson'], 'table', 'how to print: table, json or ndjson'),
  container: setting(text('the name or the beginning of the id of a container').optional(), {
    value: 'NAME',
    description: 'explain this one container in full',
  }),
  failOn: setting(z.enum(SEVERITIES, { error: `one of ${SEVERITIES.join(', ')}` }).optional(), {
    value: 'SEVERITY',
    description: 'exit 1 when a finding is at or over it, 3 when something could not be judged',
  }),
  allowUnknown: flag('with --fail-on: what could not be judged is no reason to fail'),
}

export const logLevel = choice(['debug', 'info', 'warn', 'error'], 'info', 'the least level to log')

/** A setting that is one of several words. */
export function choice<const Words extends readonly [string, ...string[]]>(
  words: Words,
  usual: Words[number],
  description: string,
) {
  const schema = z.enum(words, { error: `one of ${words.join(', ')}` })
  return setting(schema.default(schema.parse(usual)), { value: 'WORD', description })
}

/** A setting that is a length of time, such as `500ms`, `30s` or `2m`; gives milliseconds. */
export function duration(usual: string, description: string) {
  const schema = z.string().transform((given, context) => {
    const { amount, unit } = DURATION.exec(given)?.groups ?? {}
    const factor = Object.entries(UNIT_MS).find(([name]) => name === unit)?.[1]
    const lengthMs = Number(amount) * (factor ?? Number.NaN)
    if (lengthMs > 0 && lengthMs <= LONGEST_MS) return lengthMs
    context.addIssue({ code: 'custom', message: 'a length of time such as 500ms, 30s or 2m, up to 24h' })
    return z.NEVER
  })
  return setting(schema.prefault(usual), { value: 'TIME', description: `${description} (${usual})` })
}

/** A switch: on the command line it stands alone, in the environment it is true or false. */
export function flag(description: string) {
  const schema = z.union([z.boolean(), z.stringbool()], { error: 'true or false' })
  return setting(schema.default(false), { description })
}

/** A setting that is any text but an empty one. */
export function text(expected: string) {
  return z.string({ error: expected }).min(1, { error: expected })
}
