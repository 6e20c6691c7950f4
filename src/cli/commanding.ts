import * as z from 'zod'
import { type CommandDoerDeps, createCommandDoer } from '../agent/commands/doer.ts'
import { COMMANDS, type CommandName } from '../model/command.ts'
import { BY_HAND } from '../probe/bounds.ts'
import { createProber } from '../probe/prober.ts'
import type { CommandDoer } from '../transport/transport.ts'
import { type Config, setting } from './config.ts'
import { parseExclusions } from './port-words.ts'
import type { loopProbeSettings } from './probing.ts'

const NONE = 'none'
const WORDS = `${NONE}, or some of ${COMMANDS.join(', ')} with commas between`

/** What operators may ask of an agent. */
export const commandSettings = {
  allowCommands: setting(
    z
      .string()
      .refine((list) => parseCommands(list) !== null, { error: WORDS })
      .default(NONE),
    { value: 'LIST', description: `let operators ask this through the collector: ${WORDS} (${NONE})` },
  ),
}

/** Makes what carries out the commands that are allowed; it asks ports no more than the agent does by itself. */
export function openCommandDoer(
  { allowCommands, probe, probeExclude }: Config<typeof commandSettings & typeof loopProbeSettings>,
  { look, policy }: Pick<CommandDoerDeps, 'look' | 'policy'>,
): CommandDoer {
  const exclude = parseExclusions(probeExclude) ?? []
  return createCommandDoer({
    allowed: parseCommands(allowCommands) ?? [],
    look,
    policy,
    prober: createProber({ bounds: BY_HAND, exclude, now: Date.now }),
    mode: probe === 'off' ? null : probe,
  })
}

function parseCommands(list: string): readonly CommandName[] | null {
  const words = list.split(',').map((word) => word.trim())
  if (words.length === 1 && words[0] === NONE) return []
  const known = COMMANDS.filter((name) => words.includes(name))
  return known.length === words.length ? known : null
}
