import { EventEmitter, on } from 'node:events'
import type { Test } from 'tap'
import type { RuntimeSource } from '../../src/sources/source.ts'

/** Follows a source's changes during one test; each call of `next` waits for one more cause. */
export function followCauses(t: Test, source: RuntimeSource): { next(): Promise<string>; stop(): Promise<void> } {
  const emitter = new EventEmitter()
  const stopping = new AbortController()
  const causes = on(emitter, 'cause', { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(30_000)]) })
  const watching = source.watch?.((cause) => emitter.emit('cause', cause), stopping.signal)
  const stop = async () => {
    stopping.abort()
    await watching
  }
  t.teardown(stop)
  return { next: async () => String((await causes.next()).value?.[0]), stop }
}
