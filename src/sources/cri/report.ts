import type { Gap } from '../../model/gap.ts'
import type { RuntimeReport } from '../source.ts'
import { type Failure, gapOf } from './answer.ts'
import type { CriClient } from './client.ts'
import type { ContainerItem, SandboxItem } from './cri-schema.ts'
import { type ContainerFacts, type Reading, readContainer, readSandbox, type SandboxFacts } from './facts.ts'
import type { Inventory } from './inventory.ts'
import type { Reader } from './memory.ts'
import { describeContainer, describeSandbox, type RowContext } from './rows.ts'

/** What a report is read with. */
export interface ReportDeps {
  readonly client: CriClient
  readonly socketPath: string
  /** Unix milliseconds. */
  readonly deadline: number
  readonly readSandboxes: Reader<SandboxItem, SandboxFacts>
  readonly readContainers: Reader<ContainerItem, ContainerFacts>
}

type Readings<Facts> = ReadonlyMap<string, Reading<Facts>>

/**
 * Describes what lives on a runtime, by the status of each. One whose status fails is described by its row in the
 * list, and is a gap; one that ended since it was listed is neither.
 */
export async function readReport(deps: ReportDeps, inventory: Inventory, context: RowContext): Promise<RuntimeReport> {
  const { client, deadline } = deps
  const [sandboxReadings, containerReadings] = await Promise.all([
    deps.readSandboxes(inventory.sandboxes, (item) => readSandbox(client, item, deadline)),
    deps.readContainers(inventory.containers, (item) => readContainer(client, item, deadline)),
  ])
  const sandboxes = present(inventory.sandboxes, sandboxReadings)
  const sandboxById = new Map(sandboxes.map((sandbox) => [sandbox.item.id, sandbox]))
  const containers = present(inventory.containers, containerReadings).map((container) => ({
    ...container,
    sandbox: sandboxById.get(container.item.podSandboxId) ?? null,
  }))
  const members = idsBySandbox(inventory.containers)
  return {
    containers: [
      ...sandboxes.map((sandbox) => describeSandbox(sandbox, context)),
      ...containers.map((container) => describeContainer(container, context)),
    ],
    gaps: [
      ...inventory.gaps,
      ...gapsOf(`${deps.socketPath} PodSandboxStatus`, sandboxReadings, (id) => members.get(id) ?? []),
      ...gapsOf(`${deps.socketPath} ContainerStatus`, containerReadings, () => []),
    ],
  }
}

function present<Item extends { readonly id: string }, Facts>(items: readonly Item[], readings: Readings<Facts>) {
  return items.flatMap((item) => {
    const { facts, failure } = readings.get(item.id) ?? { facts: null, failure: null }
    return hasEnded(failure) ? [] : [{ item, facts }]
  })
}

function idsBySandbox(containers: readonly ContainerItem[]): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(containers, ({ podSandboxId }) => podSandboxId)
  return new Map([...groups].map(([sandboxId, members]) => [sandboxId, members.map(({ id }) => id)]))
}

function hasEnded(failure: Failure | null): boolean {
  return failure?.reason === 'not-found'
}

/** One gap a reason, however many share it: each clouds itself, unless it has ended, and those that depend on it. */
function gapsOf(subject: string, readings: Readings<unknown>, dependents: (id: string) => readonly string[]): Gap[] {
  const faults = [...readings].flatMap(([id, { failure }]) => {
    if (failure === null) return []
    const affects = [...(hasEnded(failure) ? [] : [id]), ...dependents(id)]
    return affects.length > 0 ? [{ id, failure, affects }] : []
  })
  const byReason = Map.groupBy(
    faults.toSorted((a, b) => a.id.localeCompare(b.id)),
    ({ failure }) => failure.reason,
  )
  return [...byReason.values()].flatMap((alike) => {
    const affects = alike.flatMap((fault) => fault.affects)
    return alike[0] === undefined ? [] : [gapOf(subject, alike[0].failure, affects)]
  })
}
