import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { LoadCommand, LoadResults } from './commands.ts'

export const TOKEN = 'the-enrolment-token-of-a-bench'
export const API_TOKEN = 'the-api-token-of-a-bench'

/** The kernel's clock ticks, as /proc/PID/stat counts processor time. */
const TICK_MS = 10

/** A server process that the fleet connects to. */
export interface Server {
  readonly pid: number
  /** Such as `http://127.0.0.1:7433`. */
  readonly url: string
  end(signal: NodeJS.Signals): Promise<void>
}

/** What a collector is told of where it keeps everything. */
export interface Place {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Starts the real collector, on a port of loopback; 0 takes a free one. */
export async function startCollector(place: Place, port: number, nodeOptions: string): Promise<Server> {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const args = [main, 'collector', ...place.flags, '--listen', `127.0.0.1:${port}`]
  const env = {
    ...process.env,
    ...place.env,
    NODE_OPTIONS: nodeOptions,
    NSENTINEL_ENROLMENT_TOKEN: TOKEN,
    NSENTINEL_API_TOKEN: API_TOKEN,
  }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  return serverOf(child, child.stderr, /"url":"(?<url>[^"]+)".*"collector listens"/)
}

/** Starts the plain loop that everything is compared with. */
export async function startReference(file: string): Promise<Server> {
  const main = fileURLToPath(new URL('reference.ts', import.meta.url))
  const child = spawn(process.execPath, [main, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  return serverOf(child, child.stdout, /^(?<url>http.*)$/)
}

async function serverOf(child: ChildProcess, lines: Readable, ready: RegExp): Promise<Server> {
  const closed = once(child, 'close')
  const url = await new Promise<string>((resolve, reject) => {
    const kept: string[] = []
    createInterface(lines).on('line', (line) => {
      const found = ready.exec(line)?.groups?.['url']
      if (found !== undefined) resolve(found)
      else if (kept.length < 20) kept.push(line)
    })
    void closed.then(() => reject(new Error(`a server ended before it listened: ${kept.join('\n')}`)))
  })
  return {
    pid: child.pid ?? 0,
    url,
    end: async (signal) => {
      child.kill(signal)
      await closed
    },
  }
}

/** The process that makes the load. */
export class Load {
  readonly #child = fork(fileURLToPath(new URL('load.ts', import.meta.url)), { stdio: 'inherit' })
  readonly #waiting = new Map<number, Asked>()
  #lastId = 0

  constructor() {
    this.#child.on('message', ({ id, result, problem }: Answer) => {
      const asked = this.#waiting.get(id)
      if (problem === undefined) asked?.resolve(result)
      else asked?.reject(new Error(problem))
    })
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the load ended before it answered'))
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  ask<Name extends LoadCommand['name']>(command: Extract<LoadCommand, { name: Name }>): Promise<LoadResults[Name]> {
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, command })
    })
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

interface Asked {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

interface Answer {
  readonly id: number
  /** Of the type that the command asked for. */
  readonly result: never
  readonly problem?: string
}

/** Gives the processor time that a process has used, in milliseconds. */
export function cpuMsOf(pid: number): number {
  const [own = 0, system = 0] = cpuTicksOf(pid)
  return (own + system) * TICK_MS
}

/** Gives the processor time of a process and of all its children, those that have ended too, in milliseconds. */
export function cpuMsOfFamily(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  const ended = cpuTicksOf(pid).slice(2)
  let ms = cpuMsOf(pid)
  for (const ticks of ended) ms += ticks * TICK_MS
  for (const child of children) ms += existsSync(`/proc/${child}/stat`) ? cpuMsOf(Number(child)) : 0
  return ms
}

/** Its time in user and kernel mode, then that of its children that it has waited for: proc_pid_stat(5). */
function cpuTicksOf(pid: number): readonly number[] {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return fields.slice(11, 15).map(Number)
}

/** Gives the memory that a process holds, in bytes. */
export function residentBytesOf(pid: number): number {
  const found = /^VmRSS:\s+(?<kib>\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.groups?.['kib']) * 1024
}
