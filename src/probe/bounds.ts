/** How much of anything one prober takes. */
export interface ProbeBounds {
  /** All that is asked of one target, on however many connections. */
  readonly targetMs: number
  readonly connectMs: number
  /** How long a peer may take to greet without being asked. */
  readonly greetingMs: number
  /** How long a peer may take to answer one question: HTTP, or a TLS handshake. */
  readonly answerMs: number
  /** How long a UDP port may take to answer, or the kernel to say that it is closed. */
  readonly datagramMs: number
  /** Read from one connection, after which it is cut. */
  readonly bytes: number
  /** Targets that are asked at the same time. */
  readonly concurrency: number
  /** Targets that are begun within a second. */
  readonly perSecond: number
}

/** For somebody who waits for the answer. */
export const BY_HAND: ProbeBounds = {
  targetMs: 4000,
  connectMs: 1000,
  greetingMs: 300,
  answerMs: 1500,
  datagramMs: 500,
  bytes: 65_536,
  concurrency: 32,
  perSecond: 500,
}

/** For a scan, which has seconds for all of a node's ports. */
export const IN_SCAN: ProbeBounds = { ...BY_HAND, targetMs: 2000, answerMs: 800, concurrency: 128, perSecond: 2000 }

/** For an agent that asks for as long as it runs. */
export const IN_BACKGROUND: ProbeBounds = { ...BY_HAND, concurrency: 4, perSecond: 50 }

/** The longest text of a peer that is kept, in UTF-16 code units. */
export const TEXT_LENGTH = 200
