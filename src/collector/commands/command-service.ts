import type { CommandNews, CommandStore } from '../../store/command-store.ts'
import { AskElsewhere } from './ask-elsewhere.ts'
import { CommandDesk, type CommandDeskDeps } from './desk.ts'
import { Errands } from './errands.ts'

export interface CommandServiceDeps extends Omit<CommandDeskDeps, 'store' | 'elsewhere'> {
  readonly store: CommandDeskDeps['store'] & { readonly commands: CommandStore }
}

/** All that a collector does with commands: those of its own operators, and those that come from other collectors. */
export interface CommandService {
  readonly desk: CommandDesk
  /** Takes what the store tells of commands. */
  hear(news: CommandNews): void
  /** Takes nothing more from other collectors, and settles when what was taken is answered. */
  close(): Promise<void>
}

/** Joins what asks, here and elsewhere, with what the store tells. */
export function createCommandService(deps: CommandServiceDeps): CommandService {
  const { store, agents, log } = deps
  const elsewhere = new AskElsewhere({ store: store.commands, log })
  const errands = new Errands({ store: store.commands, agents, log })
  return {
    desk: new CommandDesk({ ...deps, elsewhere }),
    hear: (news) => {
      if (news.kind === 'posted') errands.consider(news)
      else elsewhere.ring(news.kind === 'missed' ? null : news.id)
      if (news.kind === 'missed') errands.considerAll()
    },
    close: () => errands.close(),
  }
}
