import { fileURLToPath } from 'node:url'
import * as grpc from '@grpc/grpc-js'
import { type AnyDefinition, loadSync, type ServiceDefinition } from '@grpc/proto-loader'

const PROTO = fileURLToPath(new URL('containerd-client.proto', import.meta.url))
const TIMEOUT_MS = 60_000

/** Makes and removes pods; the product itself only lists them. */
export interface PodClient {
  call(method: string, request: object): Promise<object>
  close(): void
}

/** Opens the CRI of a runtime for writing. */
export function openPodClient(socketPath: string): PodClient {
  const definitions = loadSync(PROTO, { longs: String, enums: String, keepCase: true })
  const methods = Object.values(definitions)
    .filter(isService)
    .flatMap((service) => Object.entries(service))
  const byName = new Map(methods)
  const client = new grpc.Client(`unix:${socketPath}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.use_local_subchannel_pool': 1,
  })
  return {
    async call(name, request) {
      const method = byName.get(name)
      if (method === undefined) throw new Error(`containerd-client.proto has no ${name}`)
      const { path, requestSerialize, responseDeserialize } = method
      const { promise, resolve, reject } = Promise.withResolvers<object>()
      const options = { deadline: Date.now() + TIMEOUT_MS }
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, (error, value) =>
        error === null ? resolve(value ?? {}) : reject(new Error(`${name}: ${error.message}`, { cause: error })),
      )
      return await promise
    },
    close: () => client.close(),
  }
}

function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !('format' in definition)
}
