import * as z from 'zod'
import { NAMESPACE_KINDS } from '../model/namespace.ts'
import { GLOB_MAX_CHARACTERS, matchesGlob, PRINTABLE } from './glob.ts'
import type { Exception } from './policy.ts'

const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/
const REASON_MAX_CHARACTERS = 1000
/** A colon in front of a slash belongs to a registry's port. */
const TAG = /@|:[^/]*$/

/** What the schema cannot know by itself. */
export interface Known {
  /** The ids of all rules. */
  readonly rules: readonly string[]
  /** The names of all packs. */
  readonly packs: readonly string[]
}

/** Makes the schema of a policy file; its exceptions come out as the policy has them. */
export function fileSchema({ rules, packs }: Known) {
  return z.strictObject(
    {
      version: z.literal(1, { error: expected('1') }),
      packs: z
        .array(z.enum(packs, { error: expected(oneOf(packs)) }), { error: expected('a list of packs') })
        .exactOptional(),
      exceptions: z.array(exceptionSchema(rules), { error: expected('a list of exceptions') }).default([]),
    },
    { error: expected('a map that begins with version: 1') },
  )
}

function exceptionSchema(rules: readonly string[]) {
  const raw = z.strictObject(
    {
      id: text(ID, 'lower-case letters, digits, dots, dashes and underscores, 64 at most'),
      reason: z
        .string({ error: expected('a text') })
        .max(REASON_MAX_CHARACTERS, `is longer than ${REASON_MAX_CHARACTERS} characters`)
        .regex(/\S/, 'is empty: say why this is expected here'),
      expires: z.iso.date({ error: expected('a day such as 2027-01-31') }).exactOptional(),
      match: matchSchema(rules),
    },
    { error: expected('a map with id, reason and match') },
  )
  return raw.transform(
    ({ id, reason, expires, match }): Exception => ({
      id,
      reason,
      expiresAt: expires === undefined ? null : Date.parse(expires),
      match,
    }),
  )
}

function matchSchema(rules: readonly string[]) {
  const rule = glob.refine((pattern) => rules.some((id) => matchesGlob(pattern, id)), 'matches no rule')
  const image = glob.refine((pattern) => !TAG.test(pattern), 'names a tag or digest: expected a repository alone')
  return z
    .strictObject(
      {
        rule: listOf(rule),
        kind: listOf(z.enum(NAMESPACE_KINDS, { error: expected(oneOf(NAMESPACE_KINDS)) })),
        fact: listOf(glob),
        port: listOf(portNumber),
        node: listOf(glob),
        self: z.literal(true, { error: expected('true') }).exactOptional(),
        container: listOf(glob),
        image: listOf(image),
        podNamespace: listOf(glob),
        pod: listOf(glob),
        workload: listOf(glob),
        static: z.boolean({ error: expected('true or false') }).exactOptional(),
        proof: z.literal('cri', { error: expected('cri') }).exactOptional(),
      },
      { error: expected('a map of what to match') },
    )
    .refine((match) => Object.keys(match).length > 0, {
      error: 'is empty: it would accept every finding',
      when: ({ issues }) => issues.length === 0,
    })
}

const glob = text(PRINTABLE, 'a text or glob, without control characters').max(
  GLOB_MAX_CHARACTERS,
  `is longer than ${GLOB_MAX_CHARACTERS} characters`,
)

const PORT_EXPECTED = { error: expected('a port number, 1 to 65535') }
const portNumber = z.int(PORT_EXPECTED).min(1, PORT_EXPECTED).max(65_535, PORT_EXPECTED)

function text(pattern: RegExp, words: string) {
  return z.string({ error: expected(words) }).regex(pattern, { error: expected(words) })
}

/** One or several: a value that stands alone is a list of one. */
function listOf<Item extends z.ZodType>(item: Item) {
  const list = z.array(item).min(1, 'is an empty list: it would match nothing')
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), list).exactOptional()
}

function oneOf(words: readonly string[]): string {
  return `one of ${words.join(', ')}`
}

function expected(words: string) {
  return ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : `expected ${words}`)
}
