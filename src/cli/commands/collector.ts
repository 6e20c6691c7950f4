import { once } from 'node:events'
import { ratesOf } from '../../transport/throttle.ts'
import { defineCommand } from '../command.ts'
import { type Config, setting } from '../config.ts'
import { expectPlace } from '../expect-place.ts'
import type { Io } from '../io.ts'
import { kubernetesSettings, openTokenReviews } from '../kubernetes.ts'
import { listen } from '../listen-address.ts'
import { LoginAddress } from '../login-address.ts'
import { readSecrets } from '../secrets.ts'
import { flag, logLevel, MEMORY, rateSettings, retentionSettings, text } from '../settings.ts'
import { listenForStop } from '../stop.ts'
import { nameOfPlace, readStorePlace, storeSettings } from '../store-place.ts'
import { checkTlsFiles, tlsSettings } from '../tls-files.ts'
import { VERSION } from '../version.ts'
import { collectorAgents } from './collector-agents.ts'
import { collectorBackup } from './collector-backup.ts'
import { collectorMigrate } from './collector-migrate.ts'
import { collectorToken } from './collector-token.ts'

const settings = {
  listen,
  ...tlsSettings,
  insecure: flag('listen off loopback without TLS: tokens and results can then be read along'),
  ...storeSettings,
  ...retentionSettings,
  ...rateSettings,
  enrolmentTokenFile: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: 'holds the token that agents enrol with (else NSENTINEL_ENROLMENT_TOKEN does)',
  }),
  ...kubernetesSettings,
  apiTokenFile: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: 'holds the tokens of API clients, one a line (else NSENTINEL_API_TOKEN does)',
  }),
  loginFile: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: 'holds the address to log in at when stdout is no terminal (beside the store, .login)',
  }),
  logLevel,
}

export const collectorCommand = defineCommand({
  name: 'collector',
  summary: 'take in what agents tell, keep it and show it',
  example: 'nsentinel collector --store /var/lib/nsentinel/nsentinel.db --enrolment-token-file /run/secrets/enrolment',
  settings,
  below: [collectorAgents, collectorBackup, collectorMigrate, collectorToken],
  run: async (config, io) => {
    const { enrolmentToken, apiTokens } = await readTokens(config, io)
    const reviewer = await openTokenReviews(config, io)
    const tls = checkTlsFiles(config)
    const place = await readStorePlace(config, io)
    if (config.loginFile !== undefined) await expectPlace('--login-file', config.loginFile)
    const [{ serve }, { createLog }] = await Promise.all([import('../serve.ts'), import('../log.ts')])
    using stop = listenForStop()
    const log = createLog(config.logLevel, (line) => void io.stderr.write(line))
    const login = new LoginAddress({ stdout: io.stdout, file: loginFileOf(config), log })
    const { url, lost, close } = await serve({
      listen: { ...config.listen, insecure: config.insecure, tls },
      listenFlag: '--listen',
      store: place,
      retention: { ageMs: config.retainFor, events: config.retainEvents },
      rates: ratesOf({ events: config.agentEvents, bytes: config.agentBytes }),
      enrolmentToken,
      ...(reviewer === null ? {} : { reviewer }),
      apiTokens,
      log,
      onLoginAddress: (address) => login.tell(address),
      onChanged: () => undefined,
    })
    log.info({ url, store: nameOfPlace(place), version: VERSION }, 'collector listens')
    if (enrolmentToken === null && reviewer === null && (tls?.clientCa ?? null) === null)
      log.warn('no enrolment token is given: no new agent can connect')
    if (place.kind === 'sqlite' && place.path === MEMORY) log.warn('no store is given: history ends with this process')
    const end = AbortSignal.any([stop.signal, lost])
    if (!end.aborted) await once(end, 'abort')
    // A store that is lost cannot be closed: that is how we end then, for whoever starts us again.
    await close().finally(() => login.close())
    log.info('collector stopped')
    return 0
  },
})

function loginFileOf({ loginFile, store }: Config<typeof settings>): string | null {
  return loginFile ?? (store === MEMORY ? null : `${store}.login`)
}

async function readTokens(
  { enrolmentTokenFile, apiTokenFile }: Config<typeof settings>,
  { env }: Io,
): Promise<{ readonly enrolmentToken: string | null; readonly apiTokens: readonly string[] }> {
  const [enrolmentToken = null] = await readSecrets({
    flag: '--enrolment-token-file',
    file: enrolmentTokenFile,
    variable: 'NSENTINEL_ENROLMENT_TOKEN',
    env,
  })
  const apiTokens = await readSecrets({
    flag: '--api-token-file',
    file: apiTokenFile,
    variable: 'NSENTINEL_API_TOKEN',
    env,
  })
  return { enrolmentToken, apiTokens }
}
