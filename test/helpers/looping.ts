import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Test } from 'tap'
import { type LoopDeps, runLoop } from '../../src/agent/loop.ts'
import type { Change } from '../../src/model/changes.ts'
import type { Report } from '../../src/model/finding.ts'
import type { Look } from '../../src/model/look.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import { SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import { snapshot } from './builders.ts'

/** A loop whose clock stands still until a test moves it, and what it did. */
export interface Looping {
  scans: number
  readonly published: (readonly Change[])[]
  readonly looks: Look[]
  readonly reports: Report[]
  readonly infos: string[]
  readonly errors: string[]
  /** Tells of a container's start or end, as a runtime does. */
  fire(): void
  /** Moves the clock, and lets all happen that then happens. */
  pass(ms: number): Promise<void>
  /** Fires the signal, and waits for the loop's end. */
  stop(): Promise<void>
}

export interface LoopingOptions extends Partial<Omit<LoopDeps, 'scan'>> {
  /** What the look of this number, from 1, sees. */
  readonly look?: (number: number, signal: AbortSignal) => Snapshot | Promise<Snapshot>
  readonly intervalMs?: number
}

/** Starts the agent's loop on a clock of its own, and waits until its first look is over; it ends with the test. */
export async function looping(t: Test, options: LoopingOptions = {}): Promise<Looping> {
  const { look = () => snapshot(), intervalMs = 10_000, ...given } = options
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const stop = new AbortController()
  const wake = Promise.withResolvers<(cause: string) => void>()
  let time = 1_000_000
  const did: Omit<Looping, 'fire' | 'pass' | 'stop'> = {
    scans: 0,
    published: [],
    looks: [],
    reports: [],
    infos: [],
    errors: [],
  }
  const deps: LoopDeps = {
    scan: async (signal) => await look(++did.scans, signal),
    policy: SHIPPED_POLICY,
    runtimes: [{ watch: async (onChange) => wake.resolve(onChange) }],
    transport: { publish: (changes) => did.published.push(changes), look: (said) => did.looks.push(said) },
    told: new Map(),
    ownGaps: () => [],
    onReport: async (report) => void did.reports.push(report),
    readFigures: () => ({ residentBytes: 1, cpuMs: 2 }),
    now: () => time,
    random: () => 0,
    log: {
      info: (_fields: unknown, message?: string) => did.infos.push(message ?? ''),
      error: (_fields: unknown, message?: string) => did.errors.push(message ?? ''),
    },
    ...given,
  }
  const loop = runLoop(deps, intervalMs, stop.signal)
  await settled()
  const onChange = await Promise.race([wake.promise, settled()])
  return Object.assign(did, {
    fire: () => onChange?.('docker start web'),
    pass: async (ms: number) => {
      time += ms
      mock.timers.tick(ms)
      await settled()
    },
    stop: async () => {
      stop.abort()
      await loop
    },
  })
}

/** Lets everything happen that waits for no clock. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await turn()
}
