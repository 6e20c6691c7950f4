import { setTimeout as delay } from 'node:timers/promises'
import type { GapReason } from '../../model/gap.ts'

/** What a program printed, or why it did not. */
export type Printed = { readonly text: string } | { readonly failed: GapReason; readonly detail: string }

/** Runs a program that lists rules, and gives what it printed. */
export type RunTool = (command: string, args: readonly string[], signal: AbortSignal) => Promise<Printed>

export interface ToolLimits {
  /** Where the programs are, as a PATH. */
  readonly path: string
  readonly timeoutMs: number
  readonly maxBytes: number
}

/** A program that was killed may yet be inside the kernel: it is not waited for longer than this. */
const GRACE_MS = 500

/**
 * Makes a runner that gives up after a time, whatever the program does. One that hangs in the kernel, which no signal
 * ends, is not started a second time while the first is there.
 */
export function createRunner({ path, timeoutMs, maxBytes }: ToolLimits): RunTool {
  const hanging = new Set<string>()
  return async (command, args, signal) => {
    if (hanging.has(command)) return { failed: 'timeout', detail: `${command} hangs since it was started before` }
    // Loading it costs 20 MB of memory and more: a node without such programs does without.
    const { execa } = await import('execa')
    const child = execa(command, args, {
      env: { PATH: path, LC_ALL: 'C' },
      extendEnv: false,
      stdin: 'ignore',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: maxBytes,
      cancelSignal: signal,
      stripFinalNewline: false,
      reject: false,
    })
    const ended = child.then((result) => {
      hanging.delete(command)
      return printedOf(command, result, timeoutMs)
    })
    const late = new AbortController()
    const tooLate = delay(timeoutMs + GRACE_MS, undefined, { signal: late.signal }).catch(() => undefined)
    const printed = await Promise.race([ended, tooLate])
    late.abort()
    if (printed === undefined) hanging.add(command)
    signal.throwIfAborted()
    return printed ?? { failed: 'timeout', detail: `${command} did not end in ${timeoutMs} ms, and cannot be ended` }
  }
}

interface Ended {
  readonly failed: boolean
  readonly timedOut: boolean
  readonly isMaxBuffer: boolean
  readonly code?: string | undefined
  readonly exitCode?: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** These programs have no exit code for each reason: what the kernel refused is only in their words, in English. */
const REFUSED = /Operation not permitted|Permission denied|you must be root/

function printedOf(command: string, result: Ended, timeoutMs: number): Printed {
  if (!result.failed) return { text: result.stdout }
  const words = result.stderr.trim().split('\n')[0]?.slice(0, 200) ?? ''
  if (result.code === 'ENOENT') return { failed: 'missing', detail: `${command} is not installed` }
  if (result.isMaxBuffer) return { failed: 'too-large', detail: `${command} printed more than is read` }
  if (result.timedOut) return { failed: 'timeout', detail: `${command} did not end in ${timeoutMs} ms` }
  if (result.code === 'EACCES' || REFUSED.test(result.stderr))
    return { failed: 'denied', detail: `${command}: ${words}` }
  return { failed: 'unsupported', detail: `${command} ended with ${result.exitCode ?? result.code}: ${words}` }
}
