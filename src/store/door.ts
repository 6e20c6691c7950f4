import type { Kysely } from 'kysely'
import type { IdentityRefusal, Proof } from '../model/speaker.ts'
import type { Hello } from '../model/stream.ts'
import { announceNode } from './ingest/announce.ts'
import { judgeProof } from './ingest/identity.ts'
import { openSessions } from './ingest/open.ts'
import { type Newcomer, readHolders, readRegister } from './ingest/register.ts'
import type { Opened } from './store.ts'
import type { Tables } from './tables.ts'
import { Together } from './together.ts'
import type { Writer } from './writer.ts'

/** How many agents one transaction lets in: other collectors let nobody in meanwhile. */
const MOST_NEWCOMERS = 200

export interface DoorDeps {
  readonly db: Kysely<Tables>
  readonly writer: Writer
}

/** Lets agents in: all that come at the same time with as many statements as one. */
export class Door {
  readonly #secrets: Together<Uint8Array, boolean>
  readonly #hellos: Together<Newcomer, IdentityRefusal | null>
  readonly #newcomers: Together<Newcomer, Opened>

  constructor({ db, writer }: DoorDeps) {
    this.#secrets = new Together((hashes) => areKnown(db, hashes), MOST_NEWCOMERS)
    this.#hellos = new Together(async (newcomers) => {
      const register = await readRegister(db, newcomers)
      return newcomers.map(({ hello, proof }) => judgeProof(register, hello, proof))
    }, MOST_NEWCOMERS)
    this.#newcomers = new Together((newcomers) => openTogether(writer, newcomers), MOST_NEWCOMERS)
  }

  knowsSecret(secretHash: Uint8Array): Promise<boolean> {
    return this.#secrets.ask(secretHash)
  }

  judge(hello: Hello, proof: Proof): Promise<IdentityRefusal | null> {
    return this.#hellos.ask({ hello, proof })
  }

  open(hello: Hello, proof: Proof, beyond?: number): Promise<Opened> {
    return this.#newcomers.ask({ hello, proof, beyond })
  }

  /** Settles when nobody is left to let in. */
  settled(): Promise<void> {
    return this.#newcomers.settled()
  }
}

async function areKnown(db: Kysely<Tables>, hashes: readonly Uint8Array[]): Promise<boolean[]> {
  const holders = await readHolders(db, hashes)
  const known = new Set(holders.map(({ secret_hash }) => hexOf(secret_hash ?? new Uint8Array())))
  return hashes.map((hash) => known.has(hexOf(hash)))
}

function openTogether(writer: Writer, newcomers: readonly Newcomer[]): Promise<Opened[]> {
  return writer.write(newcomers.length, async (context) => {
    const all = await openSessions(context, newcomers)
    for (const opened of all) if (opened.outcome === 'opened') announceNode(context, opened.session)
    return all
  })
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
