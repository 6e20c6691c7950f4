import { setTimeout as delay } from 'node:timers/promises'
import { after } from './answer.ts'
import type { CriClient, OpenClient } from './client.ts'
import { parseEvent, parseVersion, type Version } from './cri-schema.ts'
import { readInventory } from './inventory.ts'
import { inspectSocket } from './socket.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000

/** What an event's type means here: what is created or deleted has no process. */
const ACTIONS = {
  CONTAINER_CREATED_EVENT: null,
  CONTAINER_STARTED_EVENT: 'start',
  CONTAINER_STOPPED_EVENT: 'stop',
  CONTAINER_DELETED_EVENT: null,
} as const

/** What following one runtime needs. */
export interface Followed {
  readonly socketPath: string
  readonly open: OpenClient
  readonly timeoutMs: number
  readonly pollMs: number
}

type OnChange = (cause: string) => void

/** Tells of starts and ends until the signal, and connects again with growing pauses whenever the runtime is lost. */
export async function followChanges(followed: Followed, onChange: OnChange, signal: AbortSignal): Promise<void> {
  let failures = 0
  for (let attempt = 0; !signal.aborted; attempt++) {
    const startedAt = Date.now()
    await followOnce(followed, attempt > 0, onChange, signal)
    failures = Date.now() - startedAt > LONGEST_PAUSE_MS ? 1 : failures + 1
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
    await pause(pauseMs * (0.5 + Math.random() / 2), signal)
  }
}

async function followOnce(followed: Followed, again: boolean, onChange: OnChange, signal: AbortSignal): Promise<void> {
  const socket = await inspectSocket(followed.socketPath)
  if (!socket.ok) return
  const client = await followed.open(signal)
  const follow = async () => {
    const answer = await client.call('Version', {}, Date.now() + followed.timeoutMs)
    const version = after(answer, parseVersion)
    if (!version.ok) return
    if (again) onChange('cri events again')
    const hasEvents = sharesEvents(version.value) && (await followEvents(client, onChange))
    if (!hasEvents) await poll(client, followed, onChange, signal)
  }
  await follow().finally(client.close)
}

/**
 * containerd 1.x gives each event to one subscriber only (containerd/containerd#7318): who listens there takes events
 * from the kubelet.
 */
function sharesEvents({ runtimeName, runtimeVersion }: Version): boolean {
  return runtimeName !== 'containerd' || Number.parseInt(runtimeVersion.replace(/^v/, ''), 10) >= 2
}

/** Follows events until the connection fails; false where the runtime has none, which CRI-O says by ending the stream. */
async function followEvents(client: CriClient, onChange: OnChange): Promise<boolean> {
  // The first subscriber is sent what happened before it came.
  const subscribedAt = Date.now()
  const failure = await client.follow((message) => {
    const event = parseEvent(message)
    if (!event.ok || (event.value.createdAt ?? subscribedAt) < subscribedAt) return
    const action = ACTIONS[event.value.containerEventType]
    if (action !== null) onChange(`cri ${action} ${event.value.containerId.slice(0, 12)}`)
  })
  return failure !== null && failure.reason !== 'unsupported'
}

/** Compares lists until one fails. */
async function poll(client: CriClient, followed: Followed, onChange: OnChange, signal: AbortSignal): Promise<void> {
  let before: ReadonlyMap<string, string> | null = null
  while (!signal.aborted) {
    const inventory = await readInventory(client, followed.socketPath, Date.now() + followed.timeoutMs)
    if (!inventory.ok) return
    const { sandboxes, containers } = inventory.value
    const now = new Map([...sandboxes, ...containers].map(({ id, metadata }) => [id, metadata.name]))
    for (const cause of before === null ? [] : differences(before, now)) onChange(cause)
    before = now
    await pause(followed.pollMs, signal)
  }
}

function differences(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): readonly string[] {
  const started = [...now].filter(([id]) => !before.has(id)).map(([, name]) => `cri start ${name}`)
  const stopped = [...before].filter(([id]) => !now.has(id)).map(([, name]) => `cri stop ${name}`)
  return [...started, ...stopped]
}

/** Ends early with the signal, which the caller's loop looks at. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
