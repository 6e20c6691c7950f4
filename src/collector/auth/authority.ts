/** Who asks, once it is proven. */
export interface Identity {
  /** A person with a browser session, or a program with an API token. */
  readonly kind: 'person' | 'client'
}

/** Decides whom the collector admits: the one place that knows tokens and sessions. */
export interface Authority {
  /** Tells whether an agent may connect with this token. */
  admitsAgent(token: string): Promise<boolean>
  /** Names the program an API token belongs to; null when it is nobody's. */
  clientOf(token: string): Promise<Identity | null>
  /** Trades a one-time login token for a session's secret; null when it is wrong or was used. */
  login(token: string): Promise<string | null>
  /** Names the person a session's secret belongs to; null when it ended or never began. */
  personOf(session: string): Promise<Identity | null>
}
