import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'
import { isInstalled, PATH } from './commands.ts'
import { until } from './until.ts'

/** A process that a test started, ready; it dies with the test. */
export interface Started {
  readonly pid: number
  /** The first line that it printed. */
  readonly line: string
  /** Ends it now, and waits until it is reaped. */
  end(): Promise<void>
}

/** Says why no namespaces can be made here, or false when they can. */
export function whyNoNamespaces(): string | false {
  if (process.getuid?.() !== 0) return 'making namespaces needs root'
  const missing = ['unshare', 'nsenter'].filter((command) => !isInstalled(command))
  return missing.length > 0 && `not installed: ${missing.join(', ')}`
}

/** A shell's words that say that it runs, and keep it until its input ends: with the test, whatever happens to that. */
export const STAY = 'echo ready; read forever'

/** Starts a program and waits until it has printed a line: then what it says of itself is so. */
export async function start(t: Test, command: string, ...args: readonly string[]): Promise<Started> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, PATH } })
  const ended = once(child, 'exit')
  const end = async () => {
    child.kill('SIGKILL')
    await ended
  }
  t.teardown(end)
  return { pid: await pidOf(child), line: await firstLine(child, ended, command), end }
}

/** Starts a process in new namespaces, by unshare(1): gives its own pid, not unshare's where that has to fork. */
export async function unshared(t: Test, ...flags: readonly string[]): Promise<Started> {
  const forks = flags.includes('--pid') || flags.includes('--time')
  const wrapper = await start(t, 'unshare', ...flags, ...(forks ? ['--fork', '--kill-child'] : []), 'sh', '-c', STAY)
  return forks ? { ...wrapper, pid: await onlyChildOf(wrapper.pid) } : wrapper
}

/** Gives the pid of a process's child, as soon as it has one. */
function onlyChildOf(pid: number): Promise<number> {
  return until(() => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return children === '' ? undefined : Number(children)
  })
}

/** Compiles test/fixtures/proc/tasks.c into a folder; skip with `whyNoCompiler()`. */
export async function compileTasks(folder: string): Promise<string> {
  const binary = join(folder, 'tasks')
  const source = new URL('../fixtures/proc/tasks.c', import.meta.url).pathname
  await execa('cc', ['-pthread', '-o', binary, source])
  return binary
}

/** Says why no C program can be compiled here, or false when one can. */
export function whyNoCompiler(): string | false {
  return whyNoNamespaces() || (!isInstalled('cc') && 'not installed: cc')
}

async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid === undefined) await once(child, 'spawn')
  return child.pid ?? 0
}

async function firstLine(child: ChildProcess, ended: Promise<unknown>, command: string): Promise<string> {
  let text = ''
  child.stdout?.setEncoding('utf8')
  while (!text.includes('\n')) {
    const [chunk] = await Promise.race([once(child.stdout ?? child, 'data'), ended.then(() => [null])])
    if (typeof chunk !== 'string') throw new Error(`${command} ended before it was ready`)
    text += chunk
  }
  return text.slice(0, text.indexOf('\n'))
}
