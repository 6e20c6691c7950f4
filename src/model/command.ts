import type { Container } from './container.ts'
import type { Finding } from './finding.ts'
import type { Gap } from './gap.ts'
import type { Listener, Port, ProbeAnswer } from './port.ts'

/** What an operator may ask of a node; all of it only reads. */
export const COMMANDS = ['scan', 'probe', 'triage'] as const

export type CommandName = (typeof COMMANDS)[number]

/** How many ports one `probe` asks at the most. */
export const MOST_PROBED = 64

/**
 * What an operator asks. `scan` looks anew and gives the report; `probe` asks ports on the node's own addresses, and
 * takes no address; `triage` gives what matters first, of the node, or of one container, pod or process.
 */
export type CommandRequest =
  | { readonly command: 'scan' }
  | {
      readonly command: 'probe'
      readonly ports: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[]
      /** `connect` asks whether they answer, `identify` also as what; without it, whichever the agent does by itself. */
      readonly mode?: 'connect' | 'identify'
    }
  | {
      readonly command: 'triage'
      /** Its name, `podNamespace/pod/container`, or the beginning of its id. */
      readonly container?: string
      /** As `podNamespace/name`. */
      readonly pod?: string
      /** In the host's pid namespace. */
      readonly pid?: number
    }

/**
 * How an agent leaves a command: `refused`, it may not or does not mean to; `failed`, it tried; `timed-out`, the
 * deadline came first; `too-large`, the result is over the bound.
 */
export const REPLY_STATUSES = ['done', 'refused', 'failed', 'timed-out', 'too-large'] as const

export type ReplyStatus = (typeof REPLY_STATUSES)[number]

/** An answer, and who has a claim on the port. */
export interface ClaimedAnswer extends ProbeAnswer {
  readonly claims: readonly Omit<Port, 'probe'>[]
}

/** What `probe` gives. */
export interface ProbeReport {
  readonly version: 1
  /** Unix milliseconds. */
  readonly takenAt: number
  readonly node: string
  /** What clouds who has a claim; the answers are whatever came. */
  readonly gaps: readonly Gap[]
  readonly answers: readonly ClaimedAnswer[]
  /** Time was up before all had been asked. */
  readonly cut: boolean
}

/** What `triage` gives: the most severe first, and of each list only so many. */
export interface Triage {
  readonly version: 1
  /** Unix milliseconds. */
  readonly takenAt: number
  readonly durationMs: number
  readonly node: string
  /** Ids of the containers that it is about; null where it is about the whole node. */
  readonly about: readonly string[] | null
  readonly findings: readonly Finding[]
  readonly containers: readonly Container[]
  /** With what they answered just now. */
  readonly ports: readonly Port[]
  /** Who listens, also inside of containers. */
  readonly listeners: readonly Listener[]
  readonly gaps: readonly Gap[]
  /** How many of each list were left out. */
  readonly left: Readonly<Record<'findings' | 'containers' | 'ports' | 'listeners' | 'gaps', number>>
}
