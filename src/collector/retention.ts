import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { PruneStore, Retention } from '../store/store.ts'

const INTERVAL_MS = 60_000

/** How much longer than a step of work the pause after it is, so that agents and dashboards hardly notice. */
const PAUSE_SHARE = 3
const LEAST_PAUSE_MS = 2

export interface RetentionDeps {
  readonly store: PruneStore
  readonly retention: Retention
  readonly log: FastifyBaseLogger
  readonly intervalMs?: number
}

/** Keeps the store within its bounds, in small steps with pauses between them, until the signal fires. */
export async function keepPruned(deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  const { log, intervalMs = INTERVAL_MS } = deps
  const wait = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined)
  while (!signal.aborted) {
    await pruneAll(deps, wait, signal).catch((err: unknown) => log.error({ err }, 'could not prune history'))
    await wait(intervalMs)
  }
}

async function pruneAll(
  { store, retention }: RetentionDeps,
  wait: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let isMore = true; isMore && !signal.aborted; ) {
    const startedAt = performance.now()
    isMore = await store.prune(retention)
    await wait(LEAST_PAUSE_MS + PAUSE_SHARE * (performance.now() - startedAt))
  }
}
