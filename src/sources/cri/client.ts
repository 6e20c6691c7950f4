import { fileURLToPath } from 'node:url'
import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js'
import type { AnyDefinition, ServiceDefinition } from '@grpc/proto-loader'
import { type Answer, answered, type Failure } from './answer.ts'
import { createSeverableCredentials } from './credentials.ts'
import { failureOf } from './grpc-failure.ts'

/** The kubelet's own limit for the same calls. */
const MESSAGE_MAX_BYTES = 16 << 20
const SERVICE = 'runtime.v1.RuntimeService'

/** The calls of RuntimeService that are made; runtime.proto has their messages. */
type CriMethod = 'Version' | 'ListPodSandbox' | 'PodSandboxStatus' | 'ListContainers' | 'ContainerStatus'

/** One connection to one runtime. Its messages are foreign until parsed. */
export interface CriClient {
  /** @param deadline Unix milliseconds */
  call(method: CriMethod, request: object, deadline: number): Promise<Answer<unknown>>
  /** Follows GetContainerEvents to its end; null says that the runtime ended it in good order. */
  follow(onMessage: (message: unknown) => void): Promise<Failure | null>
  close(): void
}

/** Opens CRI on a unix socket; every call ends with the signal. Nothing is sent before the first call. */
export type OpenClient = (signal: AbortSignal) => Promise<CriClient>

/** Gives the way to one runtime. gRPC, which costs some 20 MB of memory, is loaded when a client is first opened. */
export function createConnector(socketPath: string): OpenClient {
  let library: ReturnType<typeof loadLibrary> | null = null
  return async (signal) => {
    library ??= loadLibrary()
    const { grpc, service } = await library
    const { credentials, sever } = createSeverableCredentials(grpc.credentials)
    const client = new grpc.Client(`unix:${socketPath}`, credentials, {
      // Runtimes refuse the default, which is the socket's path.
      'grpc.default_authority': 'localhost',
      'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
      'grpc.enable_retries': 0,
      'grpc.enable_channelz': 0,
      'grpc.service_config_disable_resolution': 1,
      // The shared pool would hand a dead connection's back-off on to the next client.
      'grpc.use_local_subchannel_pool': 1,
    })
    return { call, follow, close }

    async function call(method: CriMethod, request: object, deadline: number): Promise<Answer<unknown>> {
      const { path, requestSerialize, responseDeserialize } = methodOf(service, method)
      const { promise, resolve } = Promise.withResolvers<Answer<unknown>>()
      const settle = (error: ServiceError | null, value?: object) =>
        resolve(error === null ? answered(value) : { ok: false, failure: failureOf(error) })
      return await untilAborted(
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, { deadline }, settle),
        promise,
        signal,
      )
    }

    async function follow(onMessage: (message: unknown) => void): Promise<Failure | null> {
      const { path, requestSerialize, responseDeserialize } = methodOf(service, 'GetContainerEvents')
      const { promise, resolve } = Promise.withResolvers<Failure | null>()
      const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {})
      stream.on('data', onMessage)
      stream.on('end', () => resolve(null))
      stream.on('error', (error: ServiceError) => resolve(failureOf(error)))
      return await untilAborted(stream, promise, signal)
    }

    function close(): void {
      client.close()
      sever()
    }
  }
}

async function loadLibrary() {
  // Both are CommonJS, of which a bundle gives the default export only.
  const [{ default: grpc }, { default: loader }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('@grpc/proto-loader'),
  ])
  const definitions = await loader.load(fileURLToPath(new URL('./runtime.proto', import.meta.url)), {
    longs: String,
    enums: String,
  })
  const service = definitions[SERVICE]
  if (service === undefined || !isService(service)) throw new Error(`runtime.proto has no ${SERVICE}`)
  return { grpc, service }
}

function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !('format' in definition)
}

function methodOf(service: ServiceDefinition, name: CriMethod | 'GetContainerEvents'): ServiceDefinition[string] {
  const method = service[name]
  if (method === undefined) throw new Error(`runtime.proto has no ${SERVICE}.${name}`)
  return method
}

async function untilAborted<Value>(
  call: Pick<ClientUnaryCall, 'cancel'>,
  outcome: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const cancel = () => call.cancel()
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  return await outcome.finally(() => signal.removeEventListener('abort', cancel))
}
