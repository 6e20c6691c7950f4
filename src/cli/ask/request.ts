import { COMMANDS, type CommandName, type CommandRequest, MOST_PROBED } from '../../model/command.ts'
import { UsageError } from '../errors.ts'
import { parsePorts } from '../port-words.ts'

const EXPECTED_PORT = 'a port such as 8080 or 53/udp, without an address: a node is asked at its own'

export interface Narrowing {
  readonly container?: string | undefined
  readonly pod?: string | undefined
  readonly pid?: number | undefined
  readonly mode?: 'connect' | 'identify' | undefined
  readonly failOn?: string | undefined
  readonly allowUnknown?: boolean | undefined
}

/**
 * Parses what is to be asked, as it stands on a command line.
 *
 * @throws UsageError when it is no command, or one that cannot be asked so
 */
export function parseAsked(words: readonly string[], narrowing: Narrowing): CommandRequest {
  const [word, ...ports] = words
  const command = COMMANDS.find((known) => known === word)
  if (command === undefined) {
    throw new UsageError(`COMMAND: expected one of ${COMMANDS.join(', ')}, got ${JSON.stringify(word ?? '')}`)
  }
  expectMeant(command, narrowing)
  if (command === 'probe') {
    if (ports.length === 0 || ports.length > MOST_PROBED) {
      throw new UsageError(`PORT: expected 1 to ${MOST_PROBED} ports behind probe, got ${ports.length}`)
    }
    return { command, ports: ports.map(parsePort), ...(narrowing.mode === undefined ? {} : { mode: narrowing.mode }) }
  }
  if (ports.length > 0) throw new UsageError(`expected nothing behind ${command}, got ${JSON.stringify(ports[0])}`)
  return command === 'scan' ? { command } : { command, ...about(narrowing) }
}

/** A flag without effect would let somebody believe that it had one. */
function expectMeant(command: CommandName, { container, pod, pid, mode, failOn, allowUnknown }: Narrowing): void {
  const flags: readonly (readonly [string, unknown, readonly CommandName[]])[] = [
    ['--container', container, ['scan', 'triage']],
    ['--pod', pod, ['triage']],
    ['--pid', pid, ['triage']],
    ['--mode', mode, ['probe']],
    ['--fail-on', failOn, ['scan']],
    ['--allow-unknown', allowUnknown || undefined, ['scan']],
  ]
  for (const [flag, given, meant] of flags) {
    if (given === undefined || meant.includes(command)) continue
    throw new UsageError(`${flag}: expected with ${meant.join(' or ')} only, got it with ${command}`)
  }
}

function about({ container, pod, pid }: Narrowing) {
  if ([container, pod, pid].filter((one) => one !== undefined).length > 1) {
    throw new UsageError('--container, --pod and --pid: expected one of them, got several')
  }
  if (pid !== undefined) return { pid }
  if (pod !== undefined) return { pod }
  return container === undefined ? {} : { container }
}

function parsePort(word: string): { readonly port: number; readonly protocol: 'tcp' | 'udp' } {
  const { address, ports: [first, last] = [0, 0], protocol = 'tcp' } = parsePorts(word) ?? {}
  if (first > 0 && first === last && address === undefined && protocol !== 'sctp') return { port: first, protocol }
  throw new UsageError(`PORT: expected ${EXPECTED_PORT}, got ${JSON.stringify(word)}`)
}
