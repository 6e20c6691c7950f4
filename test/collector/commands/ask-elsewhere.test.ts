import { t } from 'tap'
import { AskElsewhere } from '../../../src/collector/commands/ask-elsewhere.ts'
import type { CommandStore } from '../../../src/store/command-store.ts'

const asked = { request: { command: 'scan' }, timeoutMs: 1, maxBytes: 1000 } as const
const signal = new AbortController().signal

t.test('settles by the deadline though the database never does', async (t) => {
  const never = () => new Promise<never>(() => undefined)
  const { elsewhere } = askingOf({ post: never, drop: never })
  t.match(await elsewhere.ask('node-1', asked, signal), { status: 'timed-out' })

  const later = askingOf({ read: never, drop: never })
  t.match(await later.elsewhere.ask('node-1', asked, signal), { status: 'timed-out' })
})

t.test('says that nothing was asked where the database takes no command', async (t) => {
  const post = async () => Promise.reject(new Error('gone'))
  const { elsewhere, warnings } = askingOf({ post, drop: post })

  t.match(await elsewhere.ask('node-1', asked, signal), { status: 'timed-out', reason: /^nothing was asked/ })
  t.equal(warnings[0], 'could not ask another collector')
})

t.test('gives the answer without waiting until it is forgotten', async (t) => {
  const answer = JSON.stringify({ status: 'refused', reason: 'me' })
  const read = async () => ({ isTaken: true, answer })
  const { elsewhere } = askingOf({ read, drop: () => new Promise<never>(() => undefined) })

  t.match(await elsewhere.ask('node-1', asked, signal), { status: 'refused', reason: 'me' })
})

function askingOf(given: Partial<CommandStore>) {
  const warnings: string[] = []
  const store: CommandStore = {
    post: async () => 'posted',
    listPosted: async () => [],
    take: async () => null,
    answer: async () => false,
    read: async () => null,
    withdraw: async () => false,
    drop: async () => undefined,
    ...given,
  }
  const log = { warn: (_: unknown, message?: string) => void warnings.push(message ?? '') }
  return { elsewhere: new AskElsewhere({ store, log }), warnings }
}
