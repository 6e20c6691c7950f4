import { createSecureContext } from 'node:tls'
import type { AgentCredentials } from '../transport/dial.ts'
import { makeAgentSecret, newAgentSecret, readAgentSecret } from './agent-secret.ts'
import { setting } from './config.ts'
import { UsageError } from './errors.ts'
import type { Io } from './io.ts'
import { readBounded } from './read-bounded.ts'
import { readSecrets } from './secrets.ts'
import { ca, stateDir, text } from './settings.ts'

const LARGEST_PEM_BYTES = 1 << 20

/** What an agent shows of itself, and whom it trusts. */
export const credentialSettings = {
  tokenFile: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: "holds the enrolment token, or a service account's of Kubernetes (else NSENTINEL_TOKEN does)",
  }),
  stateDir,
  ca,
  cert: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: "the agent's certificate, in PEM, for a collector that asks for one",
  }),
  key: setting(text('the path of a file').optional(), { value: 'FILE', description: "its certificate's key, in PEM" }),
}

export interface CredentialPlaces {
  readonly tokenFile?: string | undefined
  readonly stateDir?: string | undefined
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** Where a warning goes. */
export interface CredentialLog {
  warn(fields: object, message: string): void
}

/**
 * Checks what the agent has to show, and gives what reads it anew for each connection.
 *
 * @throws UsageError when something cannot be read, or there is nothing to show
 */
export async function openCredentials(
  places: CredentialPlaces,
  { env }: Pick<Io, 'env'>,
  log: CredentialLog,
): Promise<() => Promise<AgentCredentials>> {
  if ((places.cert === undefined) !== (places.key === undefined)) {
    throw new UsageError('--cert and --key: expected both or none, got one')
  }
  const lastResort = newAgentSecret()
  const readFiles = async () => {
    const [ca, identity] = await Promise.all([readPem('--ca', places.ca), readIdentity(places)])
    checkPem(ca, identity)
    return { ca, identity }
  }
  const enrolmentToken = await readToken(places.tokenFile, env)
  const { identity } = await readFiles()
  if (enrolmentToken === null && identity === null && !(await hasSecret(places.stateDir, env))) {
    throw new UsageError('--token-file (or NSENTINEL_TOKEN) is missing: expected the enrolment token')
  }
  return async () => ({
    enrolmentToken: await readToken(places.tokenFile, env).catch((err: unknown) => goOnWithout(err, log)),
    ...(await readFiles()),
    ...(await readSecret(places.stateDir, { env, log, lastResort })),
  })
}

/** Who has enrolled needs no token any more: one that was taken away meanwhile must not keep it from its collector. */
function goOnWithout(err: unknown, log: CredentialLog): null {
  log.warn({ err }, 'cannot read the enrolment token: going on without, as an agent may that has enrolled')
  return null
}

async function hasSecret(stateDir: string | undefined, env: Io['env']): Promise<boolean> {
  if ((await readGiven(env)) !== null) return true
  return stateDir !== undefined && (await readAgentSecret(stateDir)) !== null
}

/** A secret that cannot be kept is one for this process: the agent goes on, and may have to enrol again. */
async function readSecret(
  stateDir: string | undefined,
  { env, log, lastResort }: { readonly env: Io['env']; readonly log: CredentialLog; readonly lastResort: string },
): Promise<Pick<AgentCredentials, 'secret' | 'keepsSecret'>> {
  const given = await readGiven(env)
  if (given !== null) return { secret: given, keepsSecret: true }
  if (stateDir === undefined) return { secret: lastResort, keepsSecret: false }
  try {
    return { secret: (await readAgentSecret(stateDir)) ?? (await makeAgentSecret(stateDir)), keepsSecret: true }
  } catch (err) {
    log.warn({ err }, "cannot keep the agent's secret: it is good for this process only")
    return { secret: lastResort, keepsSecret: false }
  }
}

async function readGiven(env: Io['env']): Promise<string | null> {
  const source = { flag: '--state-dir', file: undefined, variable: 'NSENTINEL_SECRET', env }
  return (await readSecrets(source))[0] ?? null
}

async function readToken(file: string | undefined, env: Io['env']): Promise<string | null> {
  return (await readSecrets({ flag: '--token-file', file, variable: 'NSENTINEL_TOKEN', env }))[0] ?? null
}

async function readIdentity({ cert, key }: CredentialPlaces): Promise<AgentCredentials['identity']> {
  const [certPem, keyPem] = await Promise.all([readPem('--cert', cert), readPem('--key', key)])
  return certPem === null || keyPem === null ? null : { cert: certPem, key: keyPem }
}

async function readPem(flag: string, file: string | undefined): Promise<string | null> {
  if (file === undefined) return null
  return readBounded(file, LARGEST_PEM_BYTES).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${flag}: expected a PEM file, got ${file}: ${reason}`, { cause })
  })
}

function checkPem(ca: string | null, identity: AgentCredentials['identity']): void {
  try {
    createSecureContext({ ...(ca === null ? {} : { ca }), ...identity })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`--ca, --cert or --key: expected PEM that belongs together: ${reason}`, { cause })
  }
}
