import type { FastifyInstance } from 'fastify'
import type { ReadStore } from '../store/store.ts'
import { Problem } from './problem.ts'

const PATIENCE_MS = 2000

/** Answers whether the process is up, and whether it can do its work: whether the store answers and can be written. */
export function serveHealth(app: FastifyInstance, store: ReadStore): void {
  const options = { config: { open: true }, schema: { hide: true } }
  app.get('/healthz', options, async () => ({ status: 'up' }))
  app.get('/readyz', options, async (request) => {
    const answers = await Promise.race([store.ping().then(() => true), afterPatience()]).catch((err: unknown) => {
      request.log.error({ err }, 'the store does not answer, or cannot be written')
      return false
    })
    if (!answers) throw new Problem(503, 'not-ready', 'The store does not answer, or cannot be written')
    return { status: 'ready' }
  })
}

function afterPatience(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, false).unref())
}
