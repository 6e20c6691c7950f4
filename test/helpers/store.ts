import { join } from 'node:path'
import type { Test } from 'tap'
import { hashOf } from '../../src/collector/auth/secret.ts'
import type { SecretProof } from '../../src/model/speaker.ts'
import type { Hello } from '../../src/model/stream.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Session, Store } from '../../src/store/store.ts'
import { TAKEN_AT } from './builders.ts'
import type { TestStream } from './stream.ts'

/** A store on a file of the test's own, and the clock that it goes by. */
export interface TestStore {
  readonly store: Store
  readonly path: string
  readonly clock: { now: number }
}

export async function openTestStore(t: Test): Promise<TestStore> {
  const path = join(t.testdir(), 'store.sqlite')
  const clock = { now: TAKEN_AT }
  const store = await openSqliteStore({ path, now: () => clock.now })
  t.teardown(() => store.close())
  return { store, path, clock }
}

/** What an agent shows that has a secret of its own, and a token to enrol with. */
export function proofOf({ agentId }: Pick<Hello, 'agentId'>, given: Partial<SecretProof> = {}): SecretProof {
  return { by: 'secret', secretHash: hashOf(`secret of ${agentId}`), enrols: 'new', ...given }
}

/** Opens a session that must be let in. */
export async function openSession(store: Store, hello: Hello): Promise<Session> {
  const opened = await store.open(hello, proofOf(hello))
  if (opened.outcome !== 'opened') throw new Error(`refused: ${opened.reason}`)
  return opened.session
}

/** Opens a session whose epoch has begun with the stream's state as it is. */
export async function begin(store: Store, stream: TestStream, given: Partial<Hello> = {}): Promise<Session> {
  const session = await openSession(store, stream.hello(given))
  await store.stage(session, stream.part())
  return session
}
