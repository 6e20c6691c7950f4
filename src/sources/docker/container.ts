import type { Container, Pod, Runtime, RuntimeName } from '../../model/container.ts'
import type { RuntimeContainer } from '../source.ts'
import { type DeclarationContext, NOTHING_DECLARED, parseDeclared } from './declared.ts'
import type { InspectedContainer, Labels, ListedContainer } from './docker-schema.ts'
import { parseAddresses, parseExposedPorts, parsePublishedPorts } from './published-ports.ts'

/** What podman alone tells. */
type PodmanPod = Pick<ListedContainer, 'Id' | 'Pod' | 'IsInfra'>

/** Whose container it is, and what its own fields do not say. */
export interface ContainerContext extends Omit<DeclarationContext, 'infraId'> {
  readonly runtime: RuntimeName
  readonly socketPath: string
  readonly remapsUsers: boolean
  /** The uid of a runtime's owner who is not root. */
  readonly user?: string
  /** Gives the id of the infra container of a podman pod; null where it has none. */
  readonly infraOf?: (pod: string) => string | null
}

/** Describes a container whose inspection answered. Its state is the list's, which is younger when this is kept. */
export function describe(inspected: InspectedContainer, context: ContainerContext): Omit<RuntimeContainer, 'state'> {
  const { Id, Name, RestartCount, State, Config, HostConfig, NetworkSettings } = inspected
  const pod = parsePod(Config.Labels)
  const infraId = infraIdOf(inspected, context)
  const exposed = parseExposedPorts(Config)
  const addresses = parseAddresses(NetworkSettings)
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    role: parseRole(inspected, Config.Labels),
    startedAt: parseTime(State.StartedAt),
    restarts: RestartCount ?? null,
    runtime: runtimeOf(context, HostConfig.Runtime),
    image: Config.Image || null,
    ...(pod && { pod }),
    initPid: State.Pid || null,
    ...(infraId && { sandboxId: infraId }),
    declared: parseDeclared(HostConfig, { ...context, infraId }),
    ports: parsePublishedPorts({ HostConfig, NetworkSettings }),
    ...(exposed.length > 0 && { exposed }),
    ...(addresses && { addresses }),
  }
}

/** Describes a container of which only the list told: it is there, and what it was asked for is unknown. */
export function describeListed(row: ListedContainer, context: ContainerContext): Omit<RuntimeContainer, 'state'> {
  const pod = parsePod(row.Labels)
  return {
    id: row.Id,
    name: (row.Names?.[0] ?? row.Id.slice(0, 12)).replace(/^\//, ''),
    role: parseRole(row, row.Labels),
    startedAt: null,
    restarts: null,
    runtime: runtimeOf(context),
    image: row.Image || null,
    ...(pod && { pod }),
    initPid: null,
    declared: NOTHING_DECLARED,
    ports: [],
  }
}

/** Reads the list's word for a state. */
export function parseState(text: string | null | undefined): Container['state'] {
  return text === 'running' || text === 'paused' || text === 'restarting' ? text : 'unknown'
}

function runtimeOf(context: ContainerContext, handler?: string | null): Runtime {
  const { runtime, socketPath, user, remapsUsers } = context
  return {
    name: runtime,
    ...(handler && { handler }),
    socket: socketPath,
    ...(user && { user }),
    ...(remapsUsers && { remapsUsers }),
  }
}

/** Of a podman pod's container: what it joins, which is not itself. */
function infraIdOf({ Id, Pod: pod }: PodmanPod, { infraOf }: ContainerContext): string | null {
  const infraId = pod ? (infraOf?.(pod) ?? null) : null
  return infraId === Id ? null : infraId
}

/** dockershim and cri-dockerd label their containers; the sandbox is the one called POD. */
function parseRole({ IsInfra }: PodmanPod, labels: Labels): Container['role'] {
  if (IsInfra) return 'sandbox'
  const type = labels?.['io.kubernetes.docker.type'] ?? labels?.['io.cri-containerd.kind']
  const isSandbox = type === 'podsandbox' || type === 'sandbox' || labels?.['io.kubernetes.container.name'] === 'POD'
  return isSandbox ? 'sandbox' : 'container'
}

/** Whoever starts a container writes its labels, so they prove nothing. */
function parsePod(labels: Labels): Pod | null {
  const namespace = labels?.['io.kubernetes.pod.namespace']
  const name = labels?.['io.kubernetes.pod.name']
  const uid = labels?.['io.kubernetes.pod.uid']
  if (!(namespace && name && uid)) return null
  const container = labels?.['io.kubernetes.container.name'] ?? ''
  const source = labels?.['annotation.kubernetes.io/config.source']
  return { namespace, name, uid, container, static: source === 'file' || source === 'http', proof: 'claim' }
}

/** Docker writes the year 1 for "never". */
function parseTime(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '')
  return time > 0 ? time : null
}
