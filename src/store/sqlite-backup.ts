import { DatabaseSync } from 'node:sqlite'

const PATIENCE_MS = 5000

/**
 * Copies a store's file into a new one while a collector uses it, and checks the copy: it is as of one moment, and
 * compact. The collector waits for nothing, but its journal grows meanwhile.
 */
export function copySqlite(from: string, to: string): void {
  const source = new DatabaseSync(from, { readOnly: true, timeout: PATIENCE_MS })
  try {
    source.prepare('select count(*) from kysely_migration').get()
    source.prepare('vacuum into ?').run(to)
  } finally {
    source.close()
  }
  const copy = new DatabaseSync(to, { readOnly: true })
  try {
    const verdict = copy.prepare('pragma quick_check(1)').get()?.['quick_check']
    if (verdict !== 'ok') throw new Error(`the copy is damaged: ${String(verdict)}`)
  } finally {
    copy.close()
  }
}
