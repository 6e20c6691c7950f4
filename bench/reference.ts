import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'

/**
 * Gives what `lsns --version` prints.
 *
 * @throws {Error} when it is not installed: without it there is nothing to compare with
 */
export function readLsnsVersion(): string {
  const { stdout, error } = spawnSync('lsns', ['--version'], { encoding: 'utf8' })
  if (error !== undefined) throw new Error('lsns(8) of util-linux cannot be run', { cause: error })
  return stdout.trim()
}

/** A process that ends while lsns reads it makes lsns fail, now and then. */
const ATTEMPTS = 3

/**
 * Runs a whole command from start to end and gives how long it took, in milliseconds.
 *
 * @throws {Error} when it fails again and again: what did not work measures nothing
 */
export function timeCommand(command: string, args: readonly string[]): number {
  let failure = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const startedAt = performance.now()
    const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
    const tookMs = performance.now() - startedAt
    if (status === 0) return tookMs
    failure = `status ${status}: ${stderr}`
  }
  throw new Error(`${command} ${args.join(' ')} failed ${ATTEMPTS} times, last with ${failure}`)
}
