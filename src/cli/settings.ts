import * as z from 'zod'
import { SEVERITIES } from '../model/finding.ts'
import { setting } from './config.ts'

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** Timers hold no more than 24 days, and fire at once beyond. */
const LONGEST_MS = 24 * UNIT_MS.h
const DURATION = /^(?<amount>\d{1,9})(?<unit>ms|s|m|h)$/
const AGE = /^(?<amount>\d{1,4})(?<unit>m|h|d)$/

const UNIT_BYTES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const
const SIZE = /^(?<amount>\d{1,6})(?<unit>[KMG]iB)$/

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

/** Whom to trust that the collector is who it says. */
export const ca = setting(text('the path of a file').optional(), {
  value: 'FILE',
  description: 'the authorities, in PEM, that may vouch for the collector (else those of Node.js)',
})

/** Where an agent keeps what makes it the same agent after a restart. */
export const stateDir = setting(text('a directory').optional(), {
  value: 'DIR',
  description: "where the agent's own secret, what it told and what waits are kept: after a restart it goes on",
})

/** How an agent keeps what it has told, and what still waits to be told. */
export const spoolSettings = {
  stateDir,
  spoolSize: size('64MiB', 'let at most so much history wait; what is over it becomes one snapshot'),
  spoolAge: age('7d', 'let no history wait longer'),
}

/** Where a collector keeps what agents tell. */
export const store = setting(text('the path of a file').default(MEMORY), {
  value: 'FILE',
  description: 'keep history in this SQLite file, not only in memory',
})

/** How much a collector keeps. */
export const retentionSettings = {
  retainFor: age('30d', 'keep history, and what is resolved, for this long'),
  retainEvents: count(10_000_000, 1000, 'keep at most so many events of history'),
}

/** How fast one agent is read; it loses nothing. */
export const rateSettings = {
  agentEvents: count(5000, 10, 'read at most so many events a second of one agent, 20 times as many at once'),
  agentBytes: size('4MiB', 'read at most so much a second of one agent, 16 times as much at once'),
}

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

export const logLevel = choice(
  ['debug', 'info', 'warn', 'error'],
  'info',
  'the least level to log: debug, info, warn or error (info)',
)

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
  const expected = 'a length of time such as 500ms, 30s or 2m, up to 24h'
  const schema = amount(DURATION, UNIT_MS, { most: LONGEST_MS, expected })
  return setting(schema.prefault(usual), { value: 'TIME', description: `${description} (${usual})` })
}

/** A setting that is an age, such as `90m`, `12h` or `7d`, which no timer has to hold; gives milliseconds. */
function age(usual: string, description: string) {
  return setting(ageSchema().prefault(usual), { value: 'AGE', description: `${description} (${usual})` })
}

/** An age that may also not be given. */
export function optionalAge(description: string) {
  return setting(ageSchema().optional(), { value: 'AGE', description })
}

function ageSchema() {
  return amount(AGE, UNIT_MS, { expected: 'an age such as 90m, 12h or 7d' })
}

/** A setting that is a size, such as `512KiB`, `64MiB` or `2GiB`; gives bytes. */
function size(usual: string, description: string) {
  const schema = amount(SIZE, UNIT_BYTES, { expected: 'a size such as 512KiB, 64MiB or 2GiB' })
  return setting(schema.prefault(usual), { value: 'SIZE', description: `${description} (${usual})` })
}

/** A setting that is a whole number. */
function count(usual: number, least: number, description: string) {
  const error = `a number of at least ${least}`
  const schema = z.coerce.number({ error }).int({ error }).min(least, { error })
  return setting(schema.default(usual), { value: 'N', description: `${description} (${usual})` })
}

/** A number and a unit, which give a number of the smallest unit. */
function amount(
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
  { most = Number.MAX_SAFE_INTEGER, expected }: { readonly most?: number; readonly expected: string },
) {
  return z.string().transform((given, context) => {
    const { amount, unit = '' } = pattern.exec(given)?.groups ?? {}
    const value = Number(amount) * (units[unit] ?? Number.NaN)
    if (value > 0 && value <= most) return value
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })
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
