import t from 'tap'
import { browserSkip } from '../helpers/browser.ts'
import { container, finding, gap, port } from '../helpers/builders.ts'
import { openDashboard } from '../helpers/dashboard.ts'

const options = { skip: browserSkip, timeout: 90_000 }

const DEBUG = 'd'.repeat(64)
const containers = [
  container({ name: 'hostnet', sharing: { net: { declared: 'host', observed: 'host' } } }),
  container({ id: DEBUG, name: 'debug', sharing: { pid: { declared: 'private', observed: 'host' } } }),
  container({
    id: 'e'.repeat(64),
    name: 'sidecar',
    sharing: { net: { declared: 'pod', observed: 'sandbox' }, pid: { observed: `container:${DEBUG}` } },
  }),
  container({
    id: 'f'.repeat(64),
    name: 'odd',
    sharing: {
      net: {
        observed: 'mixed',
        others: [{ relation: 'host', inode: 9, total: 3, tasks: [{ pid: 9, tid: 10, startTime: 1, comm: 'nsenter' }] }],
      },
      ipc: { declared: 'unknown', observed: 'unknown', verdict: 'unknown' },
      time: { observed: 'not-applicable', verdict: 'not-applicable' },
    },
  }),
]

t.test('shows each container by each kind: where it is, beside what was declared', options, async (t) => {
  const { fleet, page, complaints } = await openDashboard(t)
  fleet.agent('node-1').tell({ containers })
  await page.getByRole('link', { name: 'Containers', exact: true }).click()
  const cell = async (name: string, column: number) => {
    const row = page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) })
    return (await row.getByRole('cell').nth(column).innerText()).replace(/\s+/g, ' ')
  }
  await page.getByRole('button', { name: 'odd' }).waitFor()

  t.equal(await cell('hostnet', 1), 'HOST')
  t.equal(await cell('hostnet', 2), 'own')
  t.equal(await cell('debug', 2), 'HOST declared private')
  t.equal(await cell('sidecar', 1), 'pod')
  t.match(await cell('sidecar', 2), /^container:debug/)
  t.match(await cell('odd', 1), /^mixed/)
  t.equal(await cell('odd', 3), '? declared ?')
  t.equal(await cell('odd', 8), 'n-a')
  t.strictSame(complaints, [])
})

t.test('shows the proof of a container, with the tasks that differ', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  fleet.agent('node-1').tell({ containers })
  await page.goto(`${fleet.url}/#/containers`)

  await page.getByRole('button', { name: 'odd' }).click()

  const net = page.locator('.details').getByRole('row', { name: /^net / })
  await net.getByText('private a test').waitFor()
  await net.getByText('HOST, inode 9: nsenter (pid 9, thread 10) and 2 more').waitFor()
  await net.getByText('undeclared-sharing').waitFor()
  await net.getByText(/^\d+ \/ 4026531833$/).waitFor()
  await page.getByText('uid 0, capabilities 00000000a80425fb, seccomp filter, no_new_privs off').waitFor()
})

t.test('narrows the containers to those in the host namespace of one kind', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  fleet.agent('node-1').tell({ containers })
  await page.goto(`${fleet.url}/#/containers`)
  await page.getByRole('button', { name: 'sidecar' }).waitFor()

  await page.getByRole('combobox', { name: 'Show' }).selectOption('pid')

  await page.getByRole('button', { name: 'sidecar' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'debug' }).waitFor()
})

t.test('shows the host ports, and what could not be looked at as that', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  const declaredBy = [{ by: 'docker' as const, containerId: DEBUG, implicit: false }]
  const unseen = { outside: 'unknown', node: 'unknown', loopback: 'unknown' } as const
  fleet.agent('node-1').tell({
    containers,
    ports: [
      port({ owners: [{ role: 'target', containerId: DEBUG }], declaredBy }),
      port({ hostPort: 8443, mechanism: 'unknown', claim: 'x', targets: [], effective: unseen }),
    ],
  })
  await page.goto(`${fleet.url}/#/ports`)

  await page.getByRole('row', { name: '0.0.0.0:9002/tcp docker-proxy' }).waitFor()
  await page.getByRole('row', { name: '0.0.0.0:8443/tcp ? (could not look)' }).waitFor()
  await page.getByRole('searchbox', { name: 'Port' }).fill('8443')
  await page.getByRole('row', { name: '0.0.0.0:9002/tcp' }).waitFor({ state: 'detached' })
  await page.getByRole('searchbox', { name: 'Port' }).fill('')
  await page.getByRole('link', { name: DEBUG.slice(0, 12) }).click()
  await page.getByRole('button', { name: 'debug' }).waitFor()
  t.match(page.url(), 'containers')
})

for (const width of [400, 800, 1400]) {
  t.test(`fits a screen of ${width} pixels`, options, async (t) => {
    const { fleet, page } = await openDashboard(t, { viewport: { width, height: 800 } })
    const name = 'a-container-whose-name-'.repeat(8)
    fleet.agent('node-with-a-rather-long-name.region.example').tell({
      containers: [...containers, container({ id: 'a', name, image: name })],
      findings: [finding({ subject: { type: 'container', containerName: name, containerId: DEBUG }, summary: name })],
      ports: [port({ owners: [{ role: 'listener', comm: name, pid: 1 }] })],
      gaps: [gap({ subject: name, detail: name })],
    })
    const fits = async (what: string) =>
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), width, what)

    await page.getByRole('button', { name }).click()
    await page.getByRole('button', { name: /^node-with/ }).click()
    await page.getByText('What the agent could not read').waitFor()
    await fits('overview')
    await page.goto(`${fleet.url}/#/containers`)
    await page.getByRole('button', { name }).click()
    await page.getByText('Known from').waitFor()
    await fits('containers')
    await page.goto(`${fleet.url}/#/ports`)
    await page.getByText('docker-proxy').waitFor()
    await fits('ports')
  })
}
