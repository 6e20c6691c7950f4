import { Worker } from 'node:worker_threads'

/** In a clone the thread's file is TypeScript; in the bundle it stands beside this one. */
const THREAD = import.meta.url.endsWith('.ts') ? './sqlite-checkpointer.ts' : './sqlite-checkpointer.mjs'

/** A store that lives for less writes little: a thread costs more than it saves. */
const BEGIN_AFTER_MS = 5000

/** Checkpoints that go on until they are stopped. */
export interface Checkpoints {
  /** Settles when the thread has let go of the file. */
  stop(): Promise<void>
}

/**
 * Moves what was written from the journal into the file in a thread of its own, again and again: to wait for the disk
 * there takes as long as many commits, and agents would wait too.
 *
 * @param onFailed called when the thread ended by itself: then the writer must do it
 */
export function startCheckpoints(path: string, onFailed: () => void, beginAfterMs = BEGIN_AFTER_MS): Checkpoints {
  let worker: Worker | null = null
  let isStopping = false
  const timer = setTimeout(() => {
    worker = new Worker(new URL(THREAD, import.meta.url), { workerData: path })
    worker.on('error', () => {
      if (!isStopping) onFailed()
    })
    worker.unref()
  }, beginAfterMs)
  timer.unref()
  return {
    stop: async () => {
      isStopping = true
      clearTimeout(timer)
      await worker?.terminate()
    },
  }
}
