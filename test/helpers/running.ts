import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { MAIN } from './cli.ts'

const PATIENCE_MS = 30_000
const POLL_MS = 20

/** A command of ours that runs until it is told to stop. */
export interface Running {
  readonly child: ChildProcess
  /** All that it wrote so far, stdout and stderr as they came. */
  text(): string
  /** Waits until what it wrote from `from` on matches, and gives the match. */
  says(pattern: RegExp, from?: number): Promise<RegExpExecArray>
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts a command line with no variable but PATH and these; it dies with the test. */
export function launch(t: Test, args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const says = async (pattern: RegExp, from = 0) => {
    const found = await until(
      () => pattern.exec(text.slice(from)) ?? failOnceEnded(child, pattern, text),
      () => `it to say ${pattern}; it said:\n${text}`,
    )
    return found
  }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    const [code] = await exited
    return typeof code === 'number' ? code : null
  }
  return { child, text: () => text, says, end }
}

/** What has closed its streams says nothing more. */
function failOnceEnded({ stdout, stderr }: ChildProcess, pattern: RegExp, text: string): null {
  if (stdout?.closed !== true || stderr?.closed !== true) return null
  throw new Error(`it ended without saying ${pattern}; it said:\n${text}`)
}

/** Waits until something is there; fails with what it waited for. */
export async function until<Value>(
  find: () => Value | null | undefined | false | Promise<Value | null | undefined | false>,
  what: () => string,
): Promise<Value> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await find()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what()}`)
    await delay(POLL_MS)
  }
}

/** Waits until a process has ended; a zombie has. */
export async function gone(pid: number): Promise<void> {
  await until(
    () => !existsSync(`/proc/${pid}`) || /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
    () => `pid ${pid} to end`,
  )
}
