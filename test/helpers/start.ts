import type { Test } from 'tap'
import { launch, type Running } from './running.ts'

/** The line that logs a person in. */
export const ADDRESS = /dashboard (?<origin>http:\/\/127\.0\.0\.1:\d+)\/\?token=(?<token>[\w-]{43}) /
/** The line that tells of the agent. */
export const AGENT = /agent runs as pid (?<pid>\d+)\n/
/** The first look, from its head to what it comes to. */
export const FIRST_LOOK = /\nnode {6}.*\nlook {6}[\s\S]*\n(No finding|\d+ finding)/

export interface Started extends Running {
  readonly origin: string
  readonly token: string
  readonly agentPid: number
}

/** Runs `nsentinel start` on a free port until the test ends, and waits until its agent runs. */
export async function start(t: Test, ...args: readonly string[]): Promise<Started> {
  const running = launch(t, ['start', '--port', '0', ...args])
  const address = await running.says(ADDRESS)
  const agent = await running.says(AGENT)
  return {
    ...running,
    origin: address.groups?.['origin'] ?? '',
    token: address.groups?.['token'] ?? '',
    agentPid: Number(agent.groups?.['pid']),
  }
}
