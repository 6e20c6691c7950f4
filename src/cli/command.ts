import type { Command as Commander } from 'commander'
import { type Config, flagOf, helpOf, parseConfig, type Settings } from './config.ts'
import type { ExitCode } from './errors.ts'
import type { Io } from './io.ts'

/** A command as its file describes it. */
export interface Definition<Shape extends Settings> {
  readonly name: string
  readonly summary: string
  /** The one thing it works on, such as `FILE`; without it the command takes none. */
  readonly operand?: string
  readonly settings: Shape
  /** A whole command line, shown by `--help`. */
  readonly example: string
  /** @param operand empty for a command without one */
  readonly run: (config: Config<Shape>, io: Io, operand: string) => Promise<ExitCode>
}

/** A command, ready to be added to the program. */
export interface Command {
  /** @param onExit called with the exit code once the command has run */
  attach(program: Commander, io: Io, onExit: (code: ExitCode) => void): void
}

/** Makes a command: its flags, their help and their checks all come from its settings. */
export function defineCommand<Shape extends Settings>(definition: Definition<Shape>): Command {
  return {
    attach: (program, io, onExit) => {
      const command = describe(program, definition)
      command.action(async (...given: unknown[]) => {
        const config = parseConfig(definition.settings, { flags: command.opts(), env: io.env })
        const operand = definition.operand === undefined ? '' : String(given[0])
        onExit(await definition.run(config, io, operand))
      })
    },
  }
}

function describe(
  program: Commander,
  definition: Pick<Definition<Settings>, 'name' | 'summary' | 'operand' | 'settings' | 'example'>,
): Commander {
  const { name, summary, operand, settings, example } = definition
  const command = program.command(name).description(summary)
  if (operand !== undefined) command.argument(`<${operand}>`)
  for (const [key, schema] of Object.entries(settings)) {
    const { value, description } = helpOf(schema)
    command.option(value === undefined ? flagOf(key) : `${flagOf(key)} <${value}>`, description)
  }
  return command.addHelpText('after', `\nExample:\n  ${example}`)
}
