import type { OnCommandNews } from './command-store.ts'
import type { WriterDeps } from './writer.ts'

/** What a store needs of the database that it is in. */
export interface SqlStoreDeps extends WriterDeps {
  /** Gives a little freed space back, and tells whether there is more. */
  readonly reclaim?: () => Promise<boolean>
  /** Rejects when nothing can be written; a database that answers is enough where it is not given. */
  readonly check?: () => Promise<void>
  readonly beforeClose?: () => Promise<void>
  /** Called when nothing of the database is open any more. */
  readonly afterClose?: () => void
  /** Told of commands after each commit, where no database tells all collectors. */
  readonly deliverCommandNews?: OnCommandNews | undefined
}
