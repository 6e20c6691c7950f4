import { parentPort, workerData } from 'node:worker_threads'
import { openSqliteStore } from './sqlite.ts'
import { failureOf, OPENED, type Question, type Told } from './thread-messages.ts'

// The thread that threaded-store.ts starts: it opens the store, and answers as the store does.
const port = parentPort
if (port === null) throw new Error('this module is a thread of the collector')
const opened = await openSqliteStore({
  path: String(workerData),
  now: Date.now,
  onCommandNews: (news) => port.postMessage({ news } satisfies Told),
}).then(
  (store) => ({ store }),
  (error: unknown) => ({ failure: failureOf(error) }),
)
if ('failure' in opened) {
  port.postMessage({ id: OPENED, failure: opened.failure } satisfies Told)
} else {
  const { store } = opened
  port.on('message', ({ id, of, method, args }: Question) => {
    const owner = of === 'store' ? store : store.commands
    const act: (...given: readonly never[]) => Promise<unknown> = Reflect.get(owner, method)
    // What goes wrong at once is an answer, too: nothing that is asked may end the thread.
    const answering = async () => Reflect.apply(act, owner, args)
    answering().then(
      (result: unknown) => port.postMessage({ id, result }),
      (error: unknown) => port.postMessage({ id, failure: failureOf(error) } satisfies Told),
    )
  })
  port.postMessage({ id: OPENED, result: undefined })
}
