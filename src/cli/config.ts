import * as z from 'zod'
import { UsageError } from './errors.ts'

/** What `--help` says of a setting; one without a value is a switch. */
export interface Help {
  readonly description: string
  readonly value?: string
}

/** A command's settings by their names in camel case, from which flags and variables are derived. */
export type Settings = Readonly<Record<string, z.ZodType>>

/** The values of a command's settings. */
export type Config<Shape extends Settings> = Readonly<z.output<z.ZodObject<Shape>>>

/** Where settings are read from. */
export interface Given {
  /** By setting, as the command line gave them. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
}

const helps = z.registry<Help>()

/** Makes a setting of a schema whose error says what is expected. */
export function setting<Schema extends z.ZodType>(schema: Schema, help: Help): Schema {
  helps.add(schema, help)
  return schema
}

/** Gives what a setting's maker said of it. */
export function helpOf(schema: z.ZodType): Help {
  return helps.get(schema) ?? { description: '' }
}

/** A flag's name: `failOn` is `--fail-on`. */
export function flagOf(name: string): string {
  return `--${split(name, '-')}`
}

/** A variable's name: `failOn` is `NSENTINEL_FAIL_ON`. */
export function variableOf(name: string): string {
  return `NSENTINEL_${split(name, '_').toUpperCase()}`
}

/**
 * Parses a command's settings: flags over environment over defaults. An empty variable counts as not set.
 *
 * @throws UsageError for the first value that is not as expected
 */
export function parseConfig<Shape extends Settings>(settings: Shape, { flags, env }: Given): Config<Shape> {
  const raw: Record<string, unknown> = {}
  for (const name of Object.keys(settings)) {
    const value = flags[name] ?? (env[variableOf(name)] || undefined)
    if (value !== undefined) raw[name] = value
  }
  const parsed = z.object(settings).safeParse(raw)
  if (parsed.success) return Object.freeze(parsed.data)
  const [issue] = parsed.error.issues
  const name = String(issue?.path[0])
  throw new UsageError(complaint(name, raw[name], flags[name] !== undefined, issue?.message ?? ''))
}

/** Writes parsed settings as a command line again; numbers are milliseconds. */
export function argumentsOf(config: Readonly<Record<string, string | number | boolean | undefined>>): string[] {
  return Object.entries(config).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    if (value === true) return [flagOf(name)]
    return [flagOf(name), typeof value === 'number' ? `${value}ms` : value]
  })
}

function complaint(name: string, value: unknown, byFlag: boolean, expectation: string): string {
  if (value === undefined) return `${flagOf(name)} (or ${variableOf(name)}) is missing: expected ${expectation}`
  return `${byFlag ? flagOf(name) : variableOf(name)}: expected ${expectation}, got ${JSON.stringify(value)}`
}

function split(name: string, separator: string): string {
  return name.replace(/[A-Z]/g, (letter) => `${separator}${letter.toLowerCase()}`)
}
