import type { Container } from '../../model/container.ts'
import { shown } from './text.ts'

const ID_SHOWN = 12

/** What the report's containers are called, by id; the beginning of the id where it is not one of them. */
export type Names = (id: string) => string

/** Makes the names of a report's containers. */
export function namesOf(containers: readonly Pick<Container, 'id' | 'name'>[]): Names {
  const byId = new Map(containers.map(({ id, name }) => [id, name]))
  return (id) => shown(byId.get(id) ?? id.slice(0, ID_SHOWN))
}
