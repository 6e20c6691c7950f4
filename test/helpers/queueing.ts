import { CommandQueue, type CommandQueueDeps } from '../../src/transport/command-queue.ts'
import type { CommandFrame, Reply } from '../../src/transport/command-schema.ts'
import { doer, type TestDoer } from './commanding.ts'
import { recordingLog } from './stream.ts'
import { until } from './until.ts'

/** A queue of commands, and a connection that asks it. */
export interface Queueing {
  readonly doer: TestDoer
  readonly log: ReturnType<typeof recordingLog>
  readonly clock: { now: number }
  /** Asks, by an id of its own. */
  take(frame: Partial<CommandFrame>): void
  /** Waits for so many replies, and gives them all in their order. */
  replies(count: number): Promise<readonly Reply[]>
  /** Ends the connection. */
  end(): void
}

export function queueing({
  carryOut,
  allowed,
  ...given
}: Partial<CommandQueueDeps & CommandQueueDeps['doer']> = {}): Queueing {
  const clock = { now: 1_000_000 }
  const log = recordingLog()
  const does = doer({ ...(carryOut === undefined ? {} : { carryOut }), ...(allowed === undefined ? {} : { allowed }) })
  const queue = new CommandQueue({ doer: does, log, now: () => clock.now, ...given })
  const replies: Reply[] = []
  const connection = new AbortController()
  let number = 0
  return {
    doer: does,
    log,
    clock,
    take: (frame) => {
      number += 1
      const asker = { reply: async (reply: Reply) => void replies.push(reply), signal: connection.signal }
      queue.take({ type: 'command', id: `c-${number}`, command: 'scan', ...frame }, asker)
    },
    replies: (count) => until(() => (replies.length >= count ? replies : undefined)),
    end: () => connection.abort(),
  }
}
