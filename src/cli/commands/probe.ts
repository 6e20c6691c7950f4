import { defineCommand } from '../command.ts'
import { type Config, setting } from '../config.ts'
import { UsageError } from '../errors.ts'
import { openLooker } from '../look.ts'
import { readPolicy } from '../policy-file.ts'
import { viewOf } from '../print.ts'
import { askAll } from '../probe/ask-all.ts'
import { lookForFree, parseFree } from '../probe/free.ts'
import { parseWanted, type Wanted } from '../probe/questions.ts'
import { freeExitCode, probeExitCode, probeJsonSchema } from '../probe/result.ts'
import { probeExclude } from '../probing.ts'
import { namesOf } from '../render/names.ts'
import { renderFree, renderProbe } from '../render/probe.ts'
import { choice, duration, flag, scanSettings, text } from '../settings.ts'

const INDENT = 2

const settings = {
  all: flag('ask every port that listens, is mapped or is declared'),
  free: setting(text('a port').optional(), {
    value: 'PORT',
    description: 'tell whether this host port could be taken: exit 0 free, 1 taken, 3 cannot tell; nothing is asked',
  }),
  vantage: setting(text('pod, or a container').optional(), {
    value: 'NAME',
    description: "ask also from a container's net namespace: this one's, or pod for those behind the ports",
  }),
  mode: choice(['connect', 'identify'], 'identify', 'connect (does it answer) or identify (and as what) (identify)'),
  probeExclude,
  output: choice(['table', 'json'], 'table', 'how to print: table or json'),
  ...scanSettings,
  timeout: duration('30s', 'give up when it takes longer'),
  schema: flag('print the JSON schema of --output json and exit'),
}

export type ProbeConfig = Config<typeof settings>

export const probeCommand = defineCommand({
  name: 'probe',
  operands: 'PORT',
  summary: 'ask ports of this machine whether they answer, as what, and say who holds them',
  example: 'nsentinel probe 8080 127.0.0.1:53/udp',
  settings,
  run: async (config, io, _operand, operands) => {
    if (config.schema) {
      io.stdout.write(`${JSON.stringify(probeJsonSchema(), null, INDENT)}\n`)
      return 0
    }
    const wanted = wantedOf(config, operands)
    const looker = openLooker(config, await readPolicy(undefined))
    const signal = AbortSignal.timeout(config.timeout)
    const print = (result: object, render: () => string) =>
      io.stdout.write(config.output === 'json' ? `${JSON.stringify(result, null, INDENT)}\n` : render())
    if (config.free !== undefined) {
      const { result, containers } = await lookForFree(parseFree(config.free), looker, config, signal)
      print(result, () => renderFree(result, namesOf(containers), viewOf(io)))
      return freeExitCode(result)
    }
    const { result, containers } = await askAll(wanted, looker, config, io, signal)
    print(result, () => renderProbe(result, namesOf(containers), viewOf(io)))
    return probeExitCode(result)
  },
})

/** @throws UsageError unless exactly one thing is wanted */
function wantedOf({ all, free, vantage }: ProbeConfig, operands: readonly string[]): Wanted | 'all' {
  if (free !== undefined) {
    if (!all && vantage === undefined && operands.length === 0) return 'all'
    throw new UsageError('--free: expected no other port, --all or --vantage with it')
  }
  if (all === operands.length > 0) throw new UsageError('PORT: expected at least one port, or --all, and not both')
  return all ? 'all' : parseWanted(operands)
}
