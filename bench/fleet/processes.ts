import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
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

/** Starts the real collector over a file, on a port of loopback; 0 takes a free one. */
export async function startCollector(store: string, port: number, nodeOptions: string): Promise<Server> {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const args = [main, 'collector', '--store', store, '--listen', `127.0.0.1:${port}`]
  const env = {
    ...process.env,
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
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** Gives the memory that a process holds, in bytes. */
export function residentBytesOf(pid: number): number {
  const found = /^VmRSS:\s+(?<kib>\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.groups?.['kib']) * 1024
}
