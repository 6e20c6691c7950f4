import { Command as Commander, CommanderError } from 'commander'
import { printable } from '../model/printable.ts'
import type { Command } from './command.ts'
import { agentCommand } from './commands/agent.ts'
import { askCommand } from './commands/ask.ts'
import { collectorCommand } from './commands/collector.ts'
import { internalProbeCommand } from './commands/internal-probe.ts'
import { policyCommand } from './commands/policy.ts'
import { probeCommand } from './commands/probe.ts'
import { replayCommand } from './commands/replay.ts'
import { scanCommand } from './commands/scan.ts'
import { startCommand } from './commands/start.ts'
import { type ExitCode, UsageError } from './errors.ts'
import type { Io } from './io.ts'
import { VERSION } from './version.ts'

/** Every command, in the order that help lists them. Adding a command means adding a line here. */
const commands: readonly Command[] = [
  startCommand,
  scanCommand,
  probeCommand,
  replayCommand,
  policyCommand,
  agentCommand,
  collectorCommand,
  askCommand,
  internalProbeCommand,
]

/** Runs one command line. What goes wrong is one line on stderr; whoever closed stdout has read enough. */
export async function run(io: Io): Promise<ExitCode> {
  for (const stream of [io.stdout, io.stderr]) stream.on('error', ignoreClosedPipe)
  let exitCode: ExitCode = 0
  const program = createProgram(io, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(io.argv)
    return exitCode
  } catch (error) {
    return explain(error, io)
  }
}

function createProgram(io: Io, onExit: (code: ExitCode) => void): Commander {
  const program = new Commander('nsentinel')
    .description("Proves from the kernel which containers share the host's namespaces.")
    .version(VERSION)
    .helpCommand(false)
    // What stands behind a command's name is that command's, even a flag that the one above has, too.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    })
    .addHelpText('after', '\nEvery option of a command can be set by a variable too: --fail-on by NSENTINEL_FAIL_ON.')
  for (const command of commands) command.attach(program, io, onExit)
  return program
}

const HELP_WIDTH = 100

function explain(error: unknown, { stderr }: Io): ExitCode {
  if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
    return error.exitCode === 0 ? 0 : 2
  }
  const usage = error instanceof CommanderError || error instanceof UsageError
  const causes = usage ? [error.message.replace(/^error: /, '')] : messagesOf(error)
  stderr.write(`nsentinel: ${printable(causes.join(': ').replace(/\s+/g, ' '))}\n`)
  return usage ? 2 : 3
}

/** An error's message and those of its causes, outermost first. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  return [error.message, ...(error.cause === undefined ? [] : messagesOf(error.cause))]
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
