import { hostname } from 'node:os'
import type { RuntimeContainer, RuntimeReport, RuntimeSource } from '../source.ts'
import { type Answer, after, answered, gapOf } from './answer.ts'
import { type CriClient, createConnector } from './client.ts'
import { type ContainerItem, parseVersion, type SandboxItem } from './cri-schema.ts'
import type { ContainerFacts, SandboxFacts } from './facts.ts'
import { readInventory } from './inventory.ts'
import { createReader } from './memory.ts'
import { readReport } from './report.ts'
import { inspectSocket } from './socket.ts'
import { followChanges } from './watch.ts'

/** Which runtime is asked, and how patiently. */
export interface CriSourceOptions {
  readonly socketPath: string
  /** How long one list, with the status of every container, may take. */
  readonly timeoutMs?: number
  /** True where somebody named this socket: then a missing one, or one that does not speak CRI, is a gap. */
  readonly required?: boolean
  /** The node's name in Kubernetes, which the kubelet adds to the names of static pods. */
  readonly nodeName?: string
  /** How often a runtime that has no events is asked what changed. */
  readonly pollMs?: number
}

/** Lists pods and their containers by the CRI on a unix socket: what they were asked for, never what they are. */
export function createCriSource(options: CriSourceOptions): RuntimeSource {
  const { socketPath, timeoutMs = 5000, required = false, nodeName = hostname().toLowerCase(), pollMs = 2000 } = options
  const open = createConnector(socketPath)
  const readSandboxes = createReader<SandboxItem, SandboxFacts>()
  const readContainers = createReader<ContainerItem, ContainerFacts>()
  let isExpected = required
  let last: readonly RuntimeContainer[] = []

  return {
    name: 'cri',
    async list(signal) {
      const answer = await read(signal)
      signal.throwIfAborted()
      if (answer.ok) {
        last = answer.value.containers
        return answer.value
      }
      const { failure } = answer
      // No runtime, or a containerd that only Docker uses (without the CRI plugin): nothing to look at, so no gap.
      const isNone = failure.reason === 'missing' || failure.reason === 'unsupported'
      const gaps = isNone && !isExpected ? [] : [gapOf(socketPath, failure, '*')]
      return { containers: last, gaps }
    },
    watch: (onChange, signal) => followChanges({ socketPath, open, timeoutMs, pollMs }, onChange, signal),
  }

  async function read(signal: AbortSignal): Promise<Answer<RuntimeReport>> {
    const socket = await inspectSocket(socketPath)
    if (!socket.ok) return socket
    const client = await open(signal)
    return await readFrom(client, socket.value.uid).finally(client.close)
  }

  async function readFrom(client: CriClient, uid: number): Promise<Answer<RuntimeReport>> {
    const deadline = Date.now() + timeoutMs
    const version = after(await client.call('Version', {}, deadline), parseVersion)
    if (!version.ok) return version
    isExpected = true
    const inventory = await readInventory(client, socketPath, deadline)
    if (!inventory.ok) return inventory
    // Only root's runtime speaks for the kubelet; anybody else's says of its pods what it likes.
    const runtime = { name: version.value.runtimeName, socket: socketPath, ...(uid === 0 ? {} : { user: String(uid) }) }
    const context = { runtime, proof: uid === 0 ? 'cri' : 'claim', nodeName } as const
    const deps = { client, socketPath, deadline, readSandboxes, readContainers }
    return answered(await readReport(deps, inventory.value, context))
  }
}
