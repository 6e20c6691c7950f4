/** A command for an agent that is connected to another collector of the store. */
export interface NewCommand {
  /** Random, and nobody else's. */
  readonly id: string
  readonly node: string
  /** What is asked, in words of the collectors. */
  readonly question: string
  readonly timeoutMs: number
}

/** A command for who takes it. */
export interface TakenCommand {
  readonly question: string
  /** Until its deadline, by the database's clock. */
  readonly leftMs: number
}

/** How far a command has come. */
export interface CommandState {
  readonly isTaken: boolean
  /** In words of the collectors; null before there is one. */
  readonly answer: string | null
}

/** What happened to a command, or that something may have happened to any of them. */
export type CommandNews =
  | { readonly kind: 'posted' | 'taken' | 'answered'; readonly id: string; readonly node: string }
  | { readonly kind: 'missed' }

/** Told of what happens to commands, by this collector or another one of the store. */
export type OnCommandNews = (news: CommandNews) => void

/**
 * `unknown-node`, no agent ever spoke for it; `not-connected`, its agent is connected to no collector; `too-many`
 * commands wait already.
 */
export type Posting = 'posted' | 'unknown-node' | 'not-connected' | 'too-many'

/** Where collectors of one store leave commands for each other. All of it ends soon after its deadline. */
export interface CommandStore {
  /** Leaves a command, and tells the others. */
  post(command: NewCommand): Promise<Posting>
  /** Lists what nobody has taken yet. */
  listPosted(): Promise<readonly { readonly id: string; readonly node: string }[]>
  /** Gives a command to one collector and no other; null when it is taken, withdrawn or late. */
  take(id: string): Promise<TakenCommand | null>
  /** Keeps the answer; false when nobody waits for it any more. */
  answer(id: string, answer: string): Promise<boolean>
  /** Null when it is withdrawn, or its time is long past. */
  read(id: string): Promise<CommandState | null>
  /** Takes a command back; false when somebody has taken it, and then it stays. */
  withdraw(id: string): Promise<boolean>
  /** Forgets a command, whatever became of it. */
  drop(id: string): Promise<void>
}
