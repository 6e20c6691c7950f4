import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as grpc from '@grpc/grpc-js'
import { type AnyDefinition, loadSync, type ServiceDefinition } from '@grpc/proto-loader'
import type { Test } from 'tap'

const PROTO = fileURLToPath(new URL('../../src/sources/cri/runtime.proto', import.meta.url))

/** Answers a unary call: a message, or the status of a refusal. */
export type Answers = Readonly<Record<string, (request: CriRequest) => object>>

/** What any of the calls asks for. */
interface CriRequest {
  readonly podSandboxId?: string
  readonly containerId?: string
}

/** A gRPC server on a unix socket that answers what the test wants, as a runtime would or never would. */
export interface FakeCri {
  readonly socketPath: string
  /** The methods called so far, with the id they named. */
  readonly asked: readonly string[]
  /** Answers otherwise from now on. */
  answerWith(answers: Answers): void
  /** Sends an event to every subscriber. */
  send(event: object): void
  /** Ends every subscription in good order, as CRI-O does whose events are off. */
  endEvents(): void
  subscribers(): number
  /** Cuts every connection and takes the socket away. */
  die(): Promise<void>
  /** Listens again where it did. */
  revive(): Promise<void>
}

/** A refusal, as gRPC tells it. */
export function refusal(code: keyof typeof grpc.status, details = 'refused'): object {
  return Object.assign(new Error(details), { code: grpc.status[code], details })
}

/** Starts a fake runtime for one test. Without an answer for GetContainerEvents it has no events. */
export async function fakeCri(t: Test, first: Answers): Promise<FakeCri> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  const socketPath = join(root, 'cri.sock')
  const asked: string[] = []
  const streams = new Set<grpc.ServerWritableStream<object, object>>()
  let answers = first

  const unary = (method: string) => (call: { request: CriRequest }, callback: grpc.sendUnaryData<object>) => {
    asked.push([method, call.request.podSandboxId ?? call.request.containerId ?? ''].join(' ').trim())
    const answer = answers[method]?.(call.request) ?? refusal('UNIMPLEMENTED')
    if (answer instanceof Error) callback(answer)
    else callback(null, answer)
  }
  const events = (stream: grpc.ServerWritableStream<object, object>) => {
    asked.push('GetContainerEvents')
    const answer = answers['GetContainerEvents']?.({}) ?? refusal('UNIMPLEMENTED')
    if (answer instanceof Error) {
      stream.emit('error', answer)
      return
    }
    streams.add(stream)
    stream.on('cancelled', () => streams.delete(stream))
    if (Array.isArray(answer)) for (const event of answer) stream.write(event)
  }
  const service = runtimeService()
  const methods = Object.keys(service).filter((method) => method !== 'GetContainerEvents')
  const implementation = {
    ...Object.fromEntries(methods.map((method) => [method, unary(method)])),
    GetContainerEvents: events,
  }
  let server = await listen(socketPath, service, implementation)
  t.teardown(async () => {
    server.forceShutdown()
    await rm(root, { recursive: true })
  })
  return {
    socketPath,
    asked,
    answerWith: (next) => {
      answers = next
    },
    send: (event) => {
      for (const stream of streams) stream.write(event)
    },
    endEvents: () => {
      for (const stream of streams) stream.end()
      streams.clear()
    },
    subscribers: () => streams.size,
    async die() {
      server.forceShutdown()
      streams.clear()
      await rm(socketPath, { force: true })
    },
    async revive() {
      server = await listen(socketPath, service, implementation)
    },
  }
}

async function listen(
  socketPath: string,
  service: ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
): Promise<grpc.Server> {
  const server = new grpc.Server({ 'grpc.max_send_message_length': -1 })
  server.addService(service, implementation)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.bindAsync(`unix:${socketPath}`, grpc.ServerCredentials.createInsecure(), (error) =>
    error === null ? resolve() : reject(error),
  )
  await promise
  return server
}

/** The product's own idea of runtime.v1, to answer with. */
function runtimeService(): ServiceDefinition {
  const service = loadSync(PROTO, { longs: String, enums: String })['runtime.v1.RuntimeService']
  if (service === undefined || !isService(service)) throw new Error('runtime.proto has no RuntimeService')
  return service
}

function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !('format' in definition)
}
