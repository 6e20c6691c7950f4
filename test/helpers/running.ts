import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { ASKING_NOBODY, MAIN } from './cli.ts'
import { until } from './until.ts'

/** Who ends what was started: a test at its end, or a soak. */
export interface Owner {
  teardown(end: () => unknown): unknown
}

/** A command of ours that runs until it is told to stop. */
export interface Running {
  readonly child: ChildProcess
  /** All that it wrote so far, stdout and stderr as they came. */
  text(): string
  /** Waits until what it wrote from `from` on matches, and gives the match. */
  says(pattern: RegExp, from?: number): Promise<RegExpExecArray>
  /** Waits for it to end by itself; gives the exit code. */
  ended(): Promise<number | null>
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/**
 * Starts a command line with no variable but PATH and these; it ends with the test, and by its IPC channel even with a
 * test that was killed.
 */
export function launch(t: Owner, args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...ASKING_NOBODY, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = once(child, 'exit')
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  child.stderr?.on('data', (chunk) => {
    text += chunk
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const says = (pattern: RegExp, from = 0) =>
    until(() => pattern.exec(text.slice(from)) ?? endedSilently(child)).catch((cause: unknown) => {
      throw new Error(
        `it did not say ${pattern}; it said:
${text}`,
        { cause },
      )
    })
  const ended = async () => {
    const [code] = await exited
    return typeof code === 'number' ? code : null
  }
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended()
  }
  return { child, text: () => text, says, ended, end }
}

/** What has closed its streams says nothing more. */
function endedSilently({ stdout, stderr }: ChildProcess): undefined {
  if (stdout?.closed === true && stderr?.closed === true) throw new Error('it has ended')
}

/** Waits until a process has ended; a zombie has. */
export async function gone(pid: number): Promise<void> {
  await until(() => isGone(pid) || undefined)
}

function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}
