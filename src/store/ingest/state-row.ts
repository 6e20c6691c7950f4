import type { ContainerState, StateItem } from '../../model/changes.ts'
import type { Sharing } from '../../model/container.ts'
import { NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { PortState } from '../../model/port.ts'
import { searchable, sharedKinds } from '../search.ts'
import type { StateTable } from '../tables.ts'

/** What lists filter and order a row by, taken out of its value. */
type Facets = Pick<StateTable, 'sort' | 'pod' | 'port' | 'port_end' | 'protocol' | 'shared' | 'search'>

/** A row's value, and what it is listed by. */
export type KeptValue = Facets & Pick<StateTable, 'value'>

const NO_FACETS: Facets = {
  sort: '',
  pod: null,
  port: null,
  port_end: null,
  protocol: null,
  shared: null,
  search: null,
}

const NOTHING: KeptValue = { ...NO_FACETS, value: null }

/** Writes the value as it is kept; null is a row that is gone or could not be read, and findings have a table of their own. */
export function keptOf(item: StateItem | null): KeptValue {
  if (item === null || item.type === 'finding') return NOTHING
  return { ...facetsOf(item), value: JSON.stringify(item.value) }
}

function facetsOf(item: StateItem): Facets {
  if (item.type === 'container') return facetsOfContainer(item.value)
  return item.type === 'port' ? facetsOfPort(item.value) : NO_FACETS
}

function facetsOfContainer({ id, name, image, pod, sharing }: ContainerState): Facets {
  const podName = pod === undefined ? null : searchable(`${pod.namespace}/${pod.name}`)
  const kinds = NAMESPACE_KINDS.filter((kind) => isShared(sharing[kind]))
  return {
    ...NO_FACETS,
    sort: searchable(name),
    pod: podName,
    shared: kinds.length === 0 ? null : sharedKinds(kinds),
    search: searchable(name, id, image, podName),
  }
}

function isShared({ main, others }: Sharing): boolean {
  return [main, ...others.map(({ relation }) => relation)].some(
    (relation) => relation === 'host' || relation === 'kernel',
  )
}

function facetsOfPort({ hostPort, hostPortEnd, protocol }: PortState): Facets {
  const sort = `${String(hostPort).padStart(5, '0')}/${protocol}`
  return { ...NO_FACETS, sort, port: hostPort, port_end: hostPortEnd ?? null, protocol }
}
