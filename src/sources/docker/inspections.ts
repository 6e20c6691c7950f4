import type { Gap, GapReason } from '../../model/gap.ts'
import type { Declaration } from '../source.ts'
import type { DockerClient } from './client.ts'
import { type ContainerContext, describe, describeListed } from './container.ts'
import { type DeclarationContext, parseDefaultUser } from './declared.ts'
import { type ListedContainer, parseInspected, parseSecurityOptions } from './docker-schema.ts'
import type { Description, Memory } from './memory.ts'
import { AnswerError, reasonOf } from './modem.ts'

const CONCURRENT = 4

/** What reading one runtime takes. */
export interface DockerDeps {
  readonly client: DockerClient
  readonly memory: Memory
  readonly name: 'docker' | 'podman'
  readonly socketPath: string
  /** The uid of a runtime's owner who is not root: such a runtime speaks only for tasks of its own. */
  readonly user?: string
}

/** Descriptions by container id; a container that ended meanwhile has none. */
export interface Inspections {
  readonly descriptions: ReadonlyMap<string, Description>
  readonly gaps: readonly Gap[]
}

/** Inspects some of the listed containers. One that cannot be inspected is described by its row, and is a gap. */
export async function inspectAll(
  deps: DockerDeps,
  strangers: readonly ListedContainer[],
  rows: readonly ListedContainer[],
  deadline: AbortSignal,
): Promise<Inspections> {
  if (strangers.length === 0) return { descriptions: new Map(), gaps: [] }
  const { gaps, ...daemon } = await readDaemon(deps, deadline)
  const context = {
    ...daemon,
    runtime: deps.name,
    socketPath: deps.socketPath,
    ...userOf(deps),
    resolve: resolverOf(rows),
    infraOf: infraOf(rows),
  }
  const descriptions = new Map<string, Description>()
  const failures: Failure[] = []
  await eachConcurrently(strangers, async (row) => {
    const { description, failure } = await inspect(deps, row, context, deadline)
    if (description !== null) descriptions.set(row.Id, description)
    if (failure !== undefined) failures.push({ id: row.Id, reason: failure })
  })
  return { descriptions, gaps: [...gaps, ...inspectionGaps(deps, failures)] }
}

interface Failure {
  readonly id: string
  readonly reason: GapReason
}

interface Inspection {
  readonly description: Description | null
  readonly failure?: GapReason
}

function inspect(
  { client, memory }: DockerDeps,
  row: ListedContainer,
  context: ContainerContext,
  deadline: AbortSignal,
): Promise<Inspection> {
  const moment = memory.moment()
  return client
    .inspect(row.Id, deadline)
    .then((answer) => {
      const description = describe(parseInspected(answer, row.Id), context)
      if (context.defaultUser !== UNREADABLE) memory.keep(description, moment)
      return { description }
    })
    .catch((error: unknown) => {
      if (error instanceof AnswerError && error.reason === 'no-such-container') return { description: null }
      return { description: describeListed(row, context), failure: reasonOf(error, deadline) }
    })
}

const UNREADABLE: Declaration = { declared: 'unknown', by: null }

/** What a daemon does to the users of its containers. */
interface Daemon extends Pick<ContainerContext, 'remapsUsers'>, Pick<DeclarationContext, 'defaultUser'> {
  readonly gaps: readonly Gap[]
}

function readDaemon({ client, name, socketPath }: DockerDeps, deadline: AbortSignal): Promise<Daemon> {
  return client
    .info(deadline)
    .then((answer) => {
      const options = parseSecurityOptions(answer)
      return { defaultUser: parseDefaultUser(name, options), remapsUsers: options.includes('userns'), gaps: [] }
    })
    .catch((error: unknown) => {
      const reason = reasonOf(error, deadline)
      const gap: Gap = { source: name, subject: `${socketPath} /info`, reason, affects: ['user'] }
      return { defaultUser: UNREADABLE, remapsUsers: false, gaps: [gap] }
    })
}

/** One gap a reason, however many containers share it. */
function inspectionGaps({ name, socketPath }: DockerDeps, failures: readonly Failure[]): readonly Gap[] {
  return [...Map.groupBy(failures, ({ reason }) => reason)].map(([reason, same]) => ({
    source: name,
    subject: `${socketPath} /containers/ID/json`,
    reason,
    affects: same.map(({ id }) => id).toSorted(),
  }))
}

function userOf({ user }: DockerDeps): Pick<ContainerContext, 'user'> {
  return user === undefined ? {} : { user }
}

function infraOf(rows: readonly ListedContainer[]): (pod: string) => string | null {
  const byPod = new Map(rows.flatMap(({ Id, Pod, IsInfra }) => (IsInfra && Pod ? [[Pod, Id]] : [])))
  return (pod) => byPod.get(pod) ?? null
}

/** Docker itself writes full ids; older daemons and other programs may leave a name or the beginning of an id. */
function resolverOf(rows: readonly ListedContainer[]): (reference: string) => string | null {
  return (reference) => {
    if (/^[0-9a-f]{64}$/.test(reference)) return reference
    const named = rows.filter(({ Id, Names }) => Names?.includes(`/${reference}`) || Id.startsWith(reference))
    return named.length === 1 && named[0] !== undefined ? named[0].Id : null
  }
}

async function eachConcurrently<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values()
  const work = async () => {
    for (const item of queue) await act(item)
  }
  await Promise.all(Array.from({ length: CONCURRENT }, work))
}
