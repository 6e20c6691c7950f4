import type { Gap } from '../../model/gap.ts'
import type { RuntimeReport } from '../source.ts'
import { parseState } from './container.ts'
import { parseList } from './docker-schema.ts'
import { type DockerDeps, inspectAll } from './inspections.ts'

/**
 * Reads the live containers of a runtime: the list, and an inspection of each that is not remembered.
 *
 * @throws what the list's request or its parser throws; a failed inspection is a gap on that container instead
 */
export async function readReport(deps: DockerDeps, deadline: AbortSignal): Promise<RuntimeReport> {
  const { rows, malformed } = parseList(await deps.client.list(deadline))
  const remembered = new Map(rows.map(({ Id }) => [Id, deps.memory.recall(Id)]))
  const strangers = rows.filter(({ Id }) => remembered.get(Id) === null)
  const { descriptions, gaps } = await inspectAll(deps, strangers, rows, deadline)
  const containers = rows.flatMap(({ Id, State }) => {
    const description = remembered.get(Id) ?? descriptions.get(Id)
    return description === undefined ? [] : [{ ...description, state: parseState(State) }]
  })
  return { containers, gaps: malformed > 0 ? [...gaps, malformedRows(deps, malformed)] : gaps }
}

function malformedRows({ name, socketPath }: DockerDeps, count: number): Gap {
  return {
    source: name,
    subject: `${socketPath} /containers/json`,
    reason: 'malformed',
    affects: '*',
    detail: `${count} rows are no containers`,
  }
}
