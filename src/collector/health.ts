import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ReadStore } from '../store/store.ts'
import { notReady } from './problem.ts'

const PATIENCE_MS = 2000

/** Answers whether the process is up, and whether it can do its work: whether the store answers and can be written. */
export function serveHealth(app: FastifyInstance, store: ReadStore): void {
  const options = { config: { open: true }, schema: { hide: true } }
  app.get('/healthz', options, async () => ({ status: 'up' }))
  app.get('/readyz', options, async (request) => {
    if (!(await storeAnswers(store, request))) throw notReady()
    return { status: 'ready' }
  })
}

/** Tells whether the store answers and can be written; if not, the log says why. */
export async function storeAnswers(store: Pick<ReadStore, 'ping'>, { log }: FastifyRequest): Promise<boolean> {
  return Promise.race([store.ping().then(() => true), afterPatience()]).catch((err: unknown) => {
    log.error({ err }, 'the store does not answer, or cannot be written')
    return false
  })
}

function afterPatience(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, false).unref())
}
