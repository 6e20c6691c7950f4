import type { Proof } from '../model/speaker.ts'

/** The header in which an agent shows the shared token, as long as it has one. */
export const ENROLMENT_HEADER = 'nsentinel-enrolment'

/** The header in which a collector names why it refuses a handshake. */
export const REASON_HEADER = 'nsentinel-reason'

/** An agent's connection that was let in, before its hello. */
export interface Admission {
  readonly proof: Proof
  /** Where it comes from. */
  readonly address: string
}

/** Something about who may speak or ask that should be kept: a refusal, that an identity was bound, or a login. */
export interface Incident {
  readonly action: 'refused' | 'enrolled' | 'logged-in' | 'logged-out' | 'login-failed' | 'commanded' | 'forbidden'
  readonly reason: string | null
  readonly address: string
  /** As the agent says, once it said hello. */
  readonly agentId: string | null
  readonly node: string | null
  readonly detail: string | null
}
