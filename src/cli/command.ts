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
  /** The many things it works on, such as `PORT`, which may also be none. */
  readonly operands?: string
  /** Left out of help: it is for ourselves. */
  readonly hidden?: true
  readonly settings: Shape
  /** Commands below this one, which also stands on its own. */
  readonly below?: readonly Command[]
  /** A whole command line, shown by `--help`. */
  readonly example: string
  /**
   * @param operand empty for a command without one
   * @param operands empty for a command without any
   */
  readonly run: (config: Config<Shape>, io: Io, operand: string, operands: readonly string[]) => Promise<ExitCode>
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
        const many = given[definition.operand === undefined ? 0 : 1]
        const operands = definition.operands === undefined ? [] : [many].flat().map(String)
        onExit(await definition.run(config, io, operand, operands))
      })
      if (definition.below === undefined) return
      command.helpCommand(false)
      for (const child of definition.below) child.attach(command, io, onExit)
    },
  }
}

function describe(program: Commander, definition: Omit<Definition<Settings>, 'run'>): Commander {
  const { name, summary, operand, operands, settings, example, hidden = false } = definition
  const command = program.command(name, { hidden }).description(summary)
  if (operand !== undefined) command.argument(`<${operand}>`)
  if (operands !== undefined) command.argument(`[${operands}...]`)
  for (const [key, schema] of Object.entries(settings)) {
    const { value, description } = helpOf(schema)
    command.option(value === undefined ? flagOf(key) : `${flagOf(key)} <${value}>`, description)
  }
  return command.addHelpText('after', `\nExample:\n  ${example}`)
}
