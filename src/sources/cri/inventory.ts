import type { Gap } from '../../model/gap.ts'
import { type Answer, after, answered, failed, gapOf } from './answer.ts'
import type { CriClient } from './client.ts'
import { type ContainerItem, parseContainers, parseSandboxes, type Rows, type SandboxItem } from './cri-schema.ts'

/** The live containers that a runtime lists, and the sandboxes that are ready or that such a container is in. */
export interface Inventory {
  readonly sandboxes: readonly SandboxItem[]
  readonly containers: readonly ContainerItem[]
  /** Rows that could not be read, beside those that could. */
  readonly gaps: readonly Gap[]
}

/** Not yet started, or ended: the others run, or the runtime has lost track of them. */
const NOT_LIVE: readonly unknown[] = ['CONTAINER_CREATED', 'CONTAINER_EXITED']

/** Lists what lives on a runtime. */
export async function readInventory(
  client: CriClient,
  socketPath: string,
  deadline: number,
): Promise<Answer<Inventory>> {
  const [sandboxAnswer, containerAnswer] = await Promise.all([
    client.call('ListPodSandbox', {}, deadline),
    client.call('ListContainers', {}, deadline),
  ])
  return after(after(sandboxAnswer, parseSandboxes), (sandboxes) =>
    after(after(containerAnswer, parseContainers), (containers) =>
      answered({
        ...liveOf(sandboxes.items, containers.items),
        gaps: [
          ...rowGaps(`${socketPath} ListPodSandbox`, sandboxes),
          ...rowGaps(`${socketPath} ListContainers`, containers),
        ],
      }),
    ),
  )
}

function liveOf(sandboxItems: readonly SandboxItem[], containerItems: readonly ContainerItem[]) {
  const containers = distinct(containerItems.filter(({ state }) => !NOT_LIVE.includes(state)))
  const inUse = new Set(containers.map(({ podSandboxId }) => podSandboxId))
  const sandboxes = sandboxItems.filter(({ id, state }) => state === 'SANDBOX_READY' || inUse.has(id))
  return { sandboxes: distinct(sandboxes), containers }
}

function distinct<Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [item.id, item])).values()]
}

function rowGaps(subject: string, { malformed, beyondLimit }: Rows<unknown>): readonly Gap[] {
  const failures = [
    ...(malformed > 0 ? [failed('malformed', `${malformed} rows are no containers`).failure] : []),
    ...(beyondLimit > 0 ? [failed('too-large', `${beyondLimit} rows too many`).failure] : []),
  ]
  return failures.map((failure) => gapOf(subject, failure, '*'))
}
