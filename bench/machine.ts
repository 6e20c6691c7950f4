import { availableParallelism, release } from 'node:os'
import type { TaskReport } from '../src/sources/source.ts'
import { readLsnsVersion } from './reference.ts'

/** How many tasks a report tells of: every thread of every process that is not the kernel's. */
export interface Census {
  readonly processes: number
  readonly tasks: number
  readonly kernelThreads: number
}

/** Counts tasks. */
export function takeCensus({ processes }: TaskReport): Census {
  const counted = { processes: 0, tasks: 0, kernelThreads: 0 }
  for (const { kernelThread, threads } of processes) {
    counted.kernelThreads += kernelThread ? 1 : 0
    counted.processes += kernelThread ? 0 : 1
    counted.tasks += kernelThread ? 0 : threads
  }
  return counted
}

/** Names what the figures depend on. */
export function describeMachine(): string {
  return `Linux ${release()} · ${availableParallelism()} CPUs · Node.js ${process.versions.node} · ${readLsnsVersion()}`
}

/** Says how many tasks are there. */
export function describeCensus({ processes, tasks, kernelThreads }: Census): string {
  return `${processes} processes with ${tasks} threads, ${kernelThreads} kernel threads`
}
