import t from 'tap'
import * as z from 'zod'
import { containerRow, findingRow, nodeRow, pageOf, portRow } from '../../src/collector/api/rows.ts'
import { container, finding, gap, port } from '../helpers/builders.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'

const names = ['a', 'b', 'c', 'd', 'e']
const containers = names.map((name) => container({ id: name.padEnd(64, '0'), name }))
const findings = names.map((name) =>
  finding({ id: name, summary: `${name} shares`, severity: name === 'a' ? 'critical' : 'low' }),
)

t.test('rows are as their published schema says, field for field', async (t) => {
  const fleet = await startFleet(t)
  const pod = { namespace: 'default', name: 'web', uid: 'u', container: 'web', static: false, proof: 'cri' as const }
  const acceptance = { exception: 'agents', reason: 'ours', expiresAt: null }
  fleet.agent('node-1').tell({
    containers: [container({ pod, parent: 'p' }), ...containers],
    findings: [finding({ id: 'x', status: 'accepted', acceptance }), ...findings],
    ports: [port({ declaredBy: [{ by: 'docker', containerId: 'a', implicit: false }] })],
    gaps: [gap({ detail: 'why' })],
  })
  await count(fleet, 'findings', 6)

  for (const [path, row] of [
    ['nodes', nodeRow],
    ['containers', containerRow],
    ['findings', findingRow],
    ['ports', portRow],
  ] as const) {
    const page = await read(fleet, path)
    t.not(page.items.length, 0, path)
    t.strictSame(z.parse(pageOf<unknown>(row), page), page, path)
  }
  t.match(await (await fleet.api('/api/v1/nodes/node-1')).json(), { name: 'node-1', gaps: [{ detail: 'why' }] })
  t.equal((await fleet.api('/api/v1/nodes/node-2')).status, 404)
})

t.test('a list read page by page gives each row once', async (t) => {
  const fleet = await startFleet(t)
  fleet.agent('node-1').tell({ containers, findings })
  await count(fleet, 'findings', 5)

  for (const path of ['containers', 'findings']) {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await read(fleet, `${path}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.items.map(({ id }) => id.slice(0, 1)))
      cursor = page.nextCursor
    }
    t.strictSame(seen.toSorted(), names, path)
  }
})

t.test('a cursor of another list is refused with its name', async (t) => {
  const fleet = await startFleet(t)
  fleet.agent('node-1').tell({ containers, findings })
  await count(fleet, 'findings', 5)
  const { nextCursor } = await read(fleet, 'containers?limit=2')

  const forged = await fleet.api('/api/v1/findings?cursor=forged')
  const misplaced = await fleet.api(`/api/v1/findings?cursor=${nextCursor}`)

  t.equal(forged.status, 400)
  t.match(await forged.json(), { code: 'invalid-parameter', parameters: [{ name: 'cursor' }] })
  t.equal(misplaced.status, 400)
})

t.test('filters are the store’s own', async (t) => {
  const fleet = await startFleet(t)
  fleet.agent('node-1').tell({ containers, findings })
  fleet.agent('node-2').tell({ containers: [container({ sharing: { pid: { declared: 'host', observed: 'host' } } })] })
  await count(fleet, 'findings', 5)
  await count(fleet, 'containers', 6)

  t.match((await read(fleet, 'findings?severity=high')).items, [{ id: 'a' }])
  t.match((await read(fleet, 'containers?shared=pid')).items, [{ node: 'node-2' }])
  t.equal((await read(fleet, 'containers?node=node-1')).items.length, 5)
  t.equal((await read(fleet, 'findings?search=B+SHARES')).items.length, 1)
})

interface AnyPage {
  readonly items: readonly { readonly id: string }[]
  readonly nextCursor: string | null
}

async function read(fleet: Fleet, path: string): Promise<AnyPage> {
  return JSON.parse(await (await fleet.api(`/api/v1/${path}`)).text())
}

/** Waits until a list has so many rows; the test's own time limit ends it. */
async function count(fleet: Fleet, path: string, wanted: number): Promise<void> {
  while ((await read(fleet, path)).items.length !== wanted);
}
