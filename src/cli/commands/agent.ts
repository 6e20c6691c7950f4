import { writeFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { runLoop } from '../../agent/loop.ts'
import { takeTurns } from '../../agent/take-turns.ts'
import type { Transport } from '../../transport/transport.ts'
import { credentialSettings, openCredentials } from '../agent-credentials.ts'
import { agentUrlOf, collectorUrl } from '../collector-url.ts'
import { defineCommand } from '../command.ts'
import { commandSettings, openCommandDoer } from '../commanding.ts'
import { type Config, setting } from '../config.ts'
import { type ExitCode, UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { openLooker } from '../look.ts'
import { policySettings, readPolicy } from '../policy-file.ts'
import { loopProbeSettings, watchProbes } from '../probing.ts'
import { choice, flag, logLevel, loopSettings, spoolSettings, text } from '../settings.ts'
import { listenForStop } from '../stop.ts'
import { VERSION } from '../version.ts'

/** How long the last changes may take to reach the collector. */
const GOODBYE_MS = 5000

const MICROSECONDS_PER_MS = 1000

export const agentCommand = defineCommand({
  name: 'agent',
  summary: 'look again and again, and tell a collector what changes',
  example: 'nsentinel agent --collector wss://collector.example:7433 --token-file /run/secrets/enrolment',
  settings: {
    collector: setting(collectorUrl.optional(), {
      value: 'URL',
      description: "the collector's address, ws:// or wss://",
    }),
    ...credentialSettings,
    insecure: flag('let token and results cross the network without TLS'),
    ...policySettings,
    ...loopSettings,
    ...loopProbeSettings,
    ...commandSettings,
    heartbeatFile: setting(text('the path of a file').optional(), {
      value: 'FILE',
      description: 'written after every look, for a liveness probe',
    }),
    ...spoolSettings,
    inspectSpool: flag('print what the state directory holds, and end; an agent may run meanwhile'),
    output: choice(['table', 'json'], 'table', 'with --inspect-spool: how to print, table or json'),
    logLevel,
  },
  run: async (config, io) => {
    if (config.inspectSpool) return inspect(config, io)
    const url = agentUrlOf(config.collector, config.insecure)
    const [{ connectTransport }, { openSpool }, { createLog }] = await Promise.all([
      import('../../transport/client.ts'),
      import('../spool.ts'),
      import('../log.ts'),
    ])
    using stop = listenForStop()
    const log = createLog(config.logLevel, (line) => void io.stderr.write(line))
    const readCredentials = await openCredentials(config, io, log)
    const policy = await readPolicy(config.policy)
    const looker = openLooker(config, policy)
    const probes = watchProbes(config)
    const { name: node, bootId } = await looker.readNode(stop.signal)
    log.info({ node, collector: url.origin, version: VERSION }, 'agent starts')
    const identity = { agentId: node, node, bootId, version: VERSION }
    const { spool, state } = openSpool(config, log)
    const look = takeTurns(async (signal) => {
      const snapshot = await looker.look(AbortSignal.any([signal, AbortSignal.timeout(config.timeout)]))
      return probes?.join(snapshot) ?? snapshot
    })
    const doer = openCommandDoer(config, { look, policy })
    const connect = () => connectTransport({ url, readCredentials, identity, spool, doer, log })
    const transport = spool.isDrained ? connectLate(connect) : connect()
    const deps = {
      scan: look,
      policy,
      runtimes: probes === null ? looker.runtimes : [...looker.runtimes, probes],
      transport,
      told: state,
      ownGaps: () => spool.gaps,
      onReport: () => beat(config.heartbeatFile, log),
      readFigures,
      now: Date.now,
      random: Math.random,
      log,
    }
    await runLoop(deps, config.interval, stop.signal)
    await transport.close(stop.orphaned ? AbortSignal.abort() : AbortSignal.timeout(GOODBYE_MS))
    spool.close()
    log.info('agent stopped')
    return 0
  },
})

async function inspect(config: Config<typeof spoolSettings> & { output: 'table' | 'json' }, io: Io): Promise<ExitCode> {
  const { stateDir, output } = config
  if (stateDir === undefined) throw missing('--state-dir (or NSENTINEL_STATE_DIR)', 'a directory')
  const { printSpool } = await import('../inspect-spool.ts')
  return printSpool(stateDir, output, io)
}

function missing(what: string, expectation: string): UsageError {
  return new UsageError(`${what} is missing: expected ${expectation}`)
}

/** Connects at the first look: before it there is nothing to tell. */
function connectLate(connect: () => Transport): Transport {
  let transport: Transport | null = null
  return {
    publish: (changes) => {
      transport ??= connect()
      transport.publish(changes)
    },
    look: (look) => {
      transport ??= connect()
      transport.look(look)
    },
    close: async (signal) => transport?.close(signal),
  }
}

async function beat(file: string | undefined, log: Logger): Promise<void> {
  if (file === undefined) return
  await writeFile(file, `${Date.now()}\n`).catch((err: unknown) =>
    log.error({ err }, 'cannot write the heartbeat file'),
  )
}

function readFigures(): { readonly residentBytes: number; readonly cpuMs: number } {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuMs: Math.round((userCPUTime + systemCPUTime) / MICROSECONDS_PER_MS),
  }
}
