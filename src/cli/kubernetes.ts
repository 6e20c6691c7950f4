import { access, constants } from 'node:fs/promises'
import * as z from 'zod'
import type { TokenReviewer } from '../collector/auth/token-reviewer.ts'
import { type ApiServer, askTokenReview } from '../collector/kubernetes/api-server.ts'
import { createTokenReviews } from '../collector/kubernetes/token-reviews.ts'
import { isLoopback } from '../collector/listen.ts'
import { type Config, setting } from './config.ts'
import { UsageError } from './errors.ts'
import type { Io } from './io.ts'
import { flag, text } from './settings.ts'

const ACCOUNT = 'NAMESPACE/NAME of a service account such as nsentinel/nsentinel-agent'
const API = 'an https:// URL such as https://kubernetes.default.svc, or an http:// one of loopback'
/** Where a kubelet puts them into a pod. */
const IN_POD = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Whose tokens a cluster's API server is asked about. */
export const kubernetesSettings = {
  kubernetesAccount: setting(
    z
      .string({ error: ACCOUNT })
      .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, { error: ACCOUNT })
      .optional(),
    {
      value: 'ACCOUNT',
      description:
        'let agents enrol by tokens of this service account of Kubernetes (NAMESPACE/NAME), each for the node it runs on',
    },
  ),
  kubernetesAudience: setting(text('an audience').default('nsentinel-collector'), {
    value: 'NAME',
    description: 'whom these tokens must be made for (nsentinel-collector)',
  }),
  kubernetesAnyNode: flag('take tokens that name no node, as Kubernetes before 1.30 makes them, for any node'),
  kubernetesApi: setting(
    z
      .string({ error: API })
      .transform((given, context) => {
        const url = URL.canParse(given) ? new URL(given) : null
        if (url !== null && isSafe(url)) return url
        context.addIssue({ code: 'custom', message: API })
        return z.NEVER
      })
      .optional(),
    { value: 'URL', description: "the API server's address (in a pod, its own cluster's)" },
  ),
  kubernetesCa: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: 'the authorities, in PEM, that may vouch for the API server (in a pod, those it was given)',
  }),
  kubernetesTokenFile: setting(text('the path of a file').default(`${IN_POD}/token`), {
    value: 'FILE',
    description: "holds the collector's own token for the API server (in a pod, the one it was given)",
  }),
}

/**
 * Makes what asks a cluster's API server about agents' tokens; null where no service account is named.
 *
 * @throws UsageError when it is unknown where to ask, or a file cannot be read
 */
export async function openTokenReviews(
  config: Config<typeof kubernetesSettings>,
  { env }: Pick<Io, 'env'>,
): Promise<TokenReviewer | null> {
  const { kubernetesAccount, kubernetesAudience: audience, kubernetesAnyNode: anyNode } = config
  if (kubernetesAccount === undefined) return null
  const server = apiServerOf(config, env)
  await expectReadable('--kubernetes-token-file', server.tokenFile)
  if (server.caFile !== null) await expectReadable('--kubernetes-ca', server.caFile)
  const username = `system:serviceaccount:${kubernetesAccount.replace('/', ':')}`
  return createTokenReviews({
    ask: (question, signal) => askTokenReview(server, question, signal),
    expected: { audience, username, anyNode },
    now: Date.now,
  })
}

function apiServerOf(config: Config<typeof kubernetesSettings>, env: Io['env']): ApiServer {
  const { kubernetesApi, kubernetesCa = null, kubernetesTokenFile: tokenFile } = config
  if (kubernetesApi !== undefined) return { url: kubernetesApi, caFile: kubernetesCa, tokenFile }
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = env
  if (host === '') throw new UsageError(`--kubernetes-api is missing, and this is no pod: expected ${API}`)
  const url = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`)
  return { url, caFile: kubernetesCa ?? `${IN_POD}/ca.crt`, tokenFile }
}

/** Whoever reads along has our token. */
function isSafe({ protocol, hostname, username, password }: URL): boolean {
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')))
}

async function expectReadable(flag: string, file: string): Promise<void> {
  await access(file, constants.R_OK).catch((cause: Error) => {
    throw new UsageError(`${flag}: expected a file that we can read, got ${file}: ${cause.message}`, { cause })
  })
}
