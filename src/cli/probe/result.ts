import * as z from 'zod'
import type { FreeVerdict } from '../../agent/free-port.ts'
import type { PortClaim, WantedPort } from '../../agent/port-claims.ts'
import type { Gap } from '../../model/gap.ts'
import type { ProbeAnswer } from '../../model/port.ts'
import { probeAnswer } from '../../transport/port-schema.ts'
import { valueSchemas } from '../../transport/state-schema.ts'
import type { ExitCode } from '../errors.ts'

/** An answer, the operand that it is about, which is null where all ports are asked, and who has a claim on the port. */
export interface Answered extends ProbeAnswer {
  readonly named: string | null
  readonly claims: readonly PortClaim[]
}

/** What a probe prints. */
export interface ProbeResult {
  readonly version: 1
  readonly takenAt: number
  readonly node: string
  /** What clouds who has a claim; the answers are whatever came. */
  readonly gaps: readonly Gap[]
  readonly answers: readonly Answered[]
  /** Time was up before all had been asked. */
  readonly cut: boolean
}

/** What `--free` prints. */
export interface FreeResult extends FreeVerdict {
  readonly version: 1
  readonly takenAt: number
  readonly node: string
  readonly wanted: WantedPort
}

const moment = z.int().nonnegative()
const claim = valueSchemas.port.omit({ probe: true })
const head = { version: z.literal(1), takenAt: moment, node: z.string(), gaps: z.array(valueSchemas.gap) }

const probeResult: z.ZodType<ProbeResult> = z.object({
  ...head,
  answers: z.array(probeAnswer.extend({ named: z.string().nullable(), claims: z.array(claim) })),
  cut: z.boolean(),
})

const freeResult: z.ZodType<FreeResult> = z.object({
  ...head,
  wanted: z.object({
    address: z.string().exactOptional(),
    port: probeAnswer.shape.port,
    protocol: probeAnswer.shape.protocol,
  }),
  verdict: z.enum(['free', 'taken', 'unknown']),
  holders: z.array(claim),
  notes: z.array(z.string()),
})

/** The JSON schema of `probe --output json`, and of `--free` with it. */
export function probeJsonSchema(): object {
  return { title: 'nsentinel probe', ...z.toJSONSchema(z.union([probeResult, freeResult])) }
}

/** Parses a line that our own program wrote in another net namespace. */
export function parseProbeAnswer(line: string): ProbeAnswer {
  return probeAnswer.parse(JSON.parse(line))
}

/**
 * 0: every port answered; 1: one did not; 3: one could not be asked. A named port answers if it does at one address,
 * and one of UDP also by its silence. Of all ports those that are left alone on purpose do not count.
 */
export function probeExitCode({ answers, cut }: ProbeResult): ExitCode {
  const groups = [...Map.groupBy(answers, groupOf).values()]
  if (groups.some((group) => group.some(isWord) && !group.some(isAnswer))) return 1
  const isLeft = (group: readonly Answered[]) =>
    group.every(({ named, outcome }) => named === null && outcome === 'not-asked')
  return !cut && groups.every((group) => group.some(isWord) || isLeft(group)) ? 0 : 3
}

function groupOf({ named, vantage, protocol, port }: Answered): string {
  return `${vantage}/${named}/${protocol}/${port}`
}

function isAnswer({ outcome }: Answered): boolean {
  return outcome === 'open' || outcome === 'silent'
}

function isWord({ outcome }: Answered): boolean {
  return outcome !== 'not-asked' && outcome !== 'failed'
}

/** 0: free; 1: taken; 3: nobody can tell. */
export function freeExitCode({ verdict }: FreeVerdict): ExitCode {
  return ({ free: 0, taken: 1, unknown: 3 } as const)[verdict]
}
