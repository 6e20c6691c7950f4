import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/** A child that lived this long has not failed at once: the next wait is short again. */
const STABLE_MS = 60_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
const MS_PER_S = 1000

/** How long a child may take to end when it is asked to. */
const PATIENCE_MS = 7000

export interface KeeperOptions {
  /** The program's own file. */
  readonly main: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Takes each line that the child writes to stderr. */
  readonly onLine: (line: string) => void
  /** Takes what becomes of the child, in words. */
  readonly onNews: (news: string) => void
}

/**
 * Keeps a child of this program running until the signal fires, then ends it. The child is in a process group of its
 * own, so that a Ctrl-C in the terminal is ours alone to pass on; it holds an IPC channel whose end tells it that we are
 * gone, however we went.
 */
export async function keepRunning(options: KeeperOptions, signal: AbortSignal): Promise<void> {
  let waitMs = FIRST_WAIT_MS
  while (!signal.aborted) {
    const since = performance.now()
    const end = await runOnce(options, signal)
    if (signal.aborted) return
    if (performance.now() - since > STABLE_MS) waitMs = FIRST_WAIT_MS
    options.onNews(`ended ${end}; starts again in ${waitMs / MS_PER_S} s`)
    await pause(waitMs, undefined, { signal }).catch(() => undefined)
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  }
}

/** Runs the child to its end and says how it ended. */
async function runOnce({ main, args, env, onLine, onNews }: KeeperOptions, signal: AbortSignal): Promise<string> {
  const child = fork(main, args, { detached: true, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const kill = () => child.kill('SIGKILL')
  const askToEnd = () => {
    child.kill('SIGTERM')
    setTimeout(kill, PATIENCE_MS).unref()
  }
  process.once('exit', kill)
  signal.addEventListener('abort', askToEnd, { once: true })
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', onLine)
  onNews(`runs as pid ${child.pid}`)
  const end = await once(child, 'exit').then(wordsOf, (error: unknown) => `without a start: ${error}`)
  signal.removeEventListener('abort', askToEnd)
  process.off('exit', kill)
  return end
}

function wordsOf([code, signal]: readonly unknown[]): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`
}
