import { newSecret } from '../../collector/auth/secret.ts'
import { defineCommand } from '../command.ts'
import { commandSettings } from '../commanding.ts'
import { argumentsOf, type Config } from '../config.ts'
import { expectPlace } from '../expect-place.ts'
import type { Io } from '../io.ts'
import { port } from '../listen-address.ts'
import { policySettings, readPolicy } from '../policy-file.ts'
import { RULE_IDS, viewOf } from '../print.ts'
import { loopProbeSettings } from '../probing.ts'
import { shown } from '../render/text.ts'
import { loopSettings, MEMORY, retentionSettings, store } from '../settings.ts'
import { Console } from '../start/console.ts'
import { type KeeperOptions, keepRunning } from '../start/keeper.ts'
import { readKeptReport } from '../start/kept-report.ts'
import { lineOfLog } from '../start/log-line.ts'
import { Narrator } from '../start/narrator.ts'
import { listenForStop } from '../stop.ts'

const LOOPBACK = '127.0.0.1'

const settings = {
  port,
  store,
  ...retentionSettings,
  ...policySettings,
  ...loopSettings,
  ...loopProbeSettings,
  ...commandSettings,
}

export const startCommand = defineCommand({
  name: 'start',
  summary: 'watch this machine, with a dashboard on loopback',
  example: 'nsentinel start --port 0 --store nsentinel.db',
  settings,
  run: async (config, io) => {
    // The agent reads it again: what is wrong with it is said here, before anything starts.
    await readPolicy(config.policy)
    if (config.store !== MEMORY) await expectPlace('--store', config.store)
    // Loaded late: what a collector needs is no other command's burden.
    const [{ serve }, { createLog }] = await Promise.all([import('../serve.ts'), import('../log.ts')])
    using stop = listenForStop()
    const console = new Console(io)
    const childSecret = newSecret()
    const startedAt = Date.now()
    const narrator = new Narrator({
      readReport: (node) => readKeptReport(served.store, node, startedAt),
      ruleIds: RULE_IDS,
      view: viewOf(io),
      tell: (text) => {
        console.end()
        console.result(text)
      },
      onError: (error) => console.note(`cannot tell what changed: ${shown(String(error))}`),
    })
    const served = await serve({
      listen: { address: LOOPBACK, port: config.port, insecure: false },
      listenFlag: '--port',
      store: { kind: 'sqlite', path: config.store },
      retention: { ageMs: config.retainFor, events: config.retainEvents },
      enrolmentToken: null,
      childSecret,
      apiTokens: [],
      log: createLog('warn', noting(console, 'collector')),
      onLoginAddress: (address) => console.result(`dashboard ${address} (good for one login)`),
      onChanged: (changed) => narrator.hear(changed),
    })
    console.note(`${keepingWords(config.store)}. Ctrl-C stops.`)
    console.begin('looking at this machine')
    const end = AbortSignal.any([stop.signal, served.lost])
    end.addEventListener('abort', () => {
      console.end()
      console.note('stopping')
    })
    await keepRunning(agentOf(config, served.url, childSecret, console, io), end)
    await served.close()
    console.note('stopped')
    return 0
  },
})

/** The agent as a child of this process; its secret is in its environment, where only its own user can read it. */
function agentOf(
  config: Config<typeof settings>,
  url: string,
  secret: string,
  console: Console,
  io: Io,
): KeeperOptions {
  const { port: _port, store: kept, retainFor: _age, retainEvents: _events, ...loop } = config
  // What is kept of its history must not begin anew with every start of its agent.
  const spool = kept === MEMORY ? {} : { stateDir: `${kept}.agent` }
  const [, main = ''] = io.argv
  // What is set for us is passed on as flags; a variable that speaks of another collector must not reach the agent.
  const foreign = Object.entries(io.env).filter(([name]) => !name.startsWith('NSENTINEL_'))
  return {
    main,
    args: ['agent', ...argumentsOf({ ...loop, ...spool, collector: url.replace(/^http/, 'ws'), logLevel: 'warn' })],
    env: { ...Object.fromEntries(foreign), NSENTINEL_SECRET: secret },
    onLine: noting(console, 'agent'),
    onNews: (news) => console.note(`agent ${news}`),
  }
}

/** Notes what people should see of a log. */
function noting(console: Console, source: string): (line: string) => void {
  return (line) => {
    const note = lineOfLog(source, line)
    if (note !== null) console.note(note)
  }
}

function keepingWords(store: string): string {
  return store === MEMORY ? 'history is kept in memory only, --store FILE keeps it' : `history is kept in ${store}`
}
