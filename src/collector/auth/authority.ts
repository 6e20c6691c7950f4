import type { Role } from '../../model/role.ts'
import type { Proof } from '../../model/speaker.ts'
import type { ShownCertificate } from './certificate.ts'
import type { TokenRefusal } from './token-reviewer.ts'

/** Who asks, once it is proven. */
export interface Identity {
  /** A person with a browser session, or a program with an API token. */
  readonly kind: 'person' | 'client'
  readonly role: Role
  /** The token's name; null for one of the configuration and for who came by a login token. */
  readonly name: string | null
}

/** What an agent shows when it connects. */
export interface AgentCredentials {
  /** Its own, in the Authorization header. */
  readonly secret: string | null
  /** The shared one, or one of a service account; either only enrols. */
  readonly enrolmentToken: string | null
  readonly certificate: ShownCertificate | null
}

/**
 * Why what an agent shows is not enough: `no-credentials`, it shows none; `weak-secret`, one that could be guessed;
 * `unknown-secret`, nobody has it and no token came with it; `wrong-token`, likewise, and the token is another;
 * `certificate-expired`, `certificate-not-yet-valid` and `certificate-untrusted`, its certificate is not good; the others
 * are a {@link TokenRefusal}.
 */
export type AgentRefusal =
  | 'no-credentials'
  | 'weak-secret'
  | 'unknown-secret'
  | TokenRefusal
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-untrusted'

/** How an agent has proven itself, why it has not, or why nobody can tell at the moment. */
export type AgentJudgement =
  | { readonly proof: Proof }
  | { readonly refusal: AgentRefusal; readonly detail?: string | null }
  | { readonly postponed: 'review-unavailable'; readonly detail: string }

/** A browser's session that has begun. */
export interface Login {
  /** What the browser shows from now on. */
  readonly secret: string
  readonly identity: Identity
}

/** Decides whom the collector admits: the one place that knows tokens and sessions. */
export interface Authority {
  /** Judges what an agent shows that connects from an address, before it has said who it is. */
  judgeAgent(shown: AgentCredentials, address: string): Promise<AgentJudgement>
  /** Names the program an API token belongs to; null when it is nobody's. */
  clientOf(token: string): Promise<Identity | null>
  /** Trades a one-time login token for a session; null when it is wrong or was used. */
  login(loginToken: string): Promise<Login | null>
  /** Trades a token of the store for a session that ends with it; null when it is nobody's. */
  loginByToken(token: string): Promise<Login | null>
  /** Names the person a session's secret belongs to; null when it ended or never began. */
  personOf(session: string): Promise<Identity | null>
  /** Ends a session, and names the person whose it was; null when it had ended or never began. */
  logout(session: string): Promise<Identity | null>
}
