import t from 'tap'
import { browserSkip } from '../helpers/browser.ts'
import { container, finding, gap } from '../helpers/builders.ts'
import { openDashboard } from '../helpers/dashboard.ts'

const options = { skip: browserSkip, timeout: 90_000 }

t.test('follows a finding that opens, changes and is resolved, without a reload', options, async (t) => {
  const { fleet, page, complaints } = await openDashboard(t)
  await page.evaluate('globalThis.loadedOnce = true')
  const verdict = page.locator('.verdict')
  const agent = fleet.agent('node-1')

  await verdict.getByText('no node has reported yet').waitFor()
  agent.tell({ containers: [container()] })
  await verdict.getByText('Nothing is open.').waitFor()
  agent.tell({ containers: [container()], findings: [finding({ severity: 'high' })] })
  await verdict.getByText('1 open finding').waitFor()
  await page.getByRole('row', { name: "high web runs in the host's network namespace" }).waitFor()
  agent.tell({ containers: [container()], findings: [finding({ severity: 'critical' })] })
  await page.getByRole('row', { name: "critical web runs in the host's network namespace" }).waitFor()
  agent.tell({ containers: [container()] })
  await verdict.getByText('Nothing is open.').waitFor()
  await page.getByRole('combobox', { name: 'Status' }).selectOption('resolved')
  await page.getByRole('row', { name: /resolved fixed/ }).waitFor()

  t.equal(await page.evaluate('globalThis.loadedOnce'), true)
  t.strictSame(complaints, [])
})

t.test('shows evidence, life and references of a finding to mouse and keyboard', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  const references = [
    { name: 'PSS baseline', url: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/' },
    { name: 'a trap', url: 'javascript:alert(1)' },
  ]
  const evidence = {
    inode: 4026531833,
    declared: 'host',
    tasks: [{ pid: 7, comm: 'sh' }],
    capabilities: ['CAP_NET_RAW'],
    reach: { loopbackListeners: { items: ['tcp/127.0.0.1/10248'], total: 3 }, abstractSockets: 'unknown' },
  }
  fleet.agent('node-1').tell({ containers: [container()], findings: [finding({ evidence, references })] })

  const summary = page.getByRole('button', { name: "web runs in the host's network namespace" })
  await summary.focus()
  await page.keyboard.press('Enter')

  const details = page.locator('.details')
  await details.getByRole('row', { name: 'inode 4026531833' }).waitFor()
  await details.getByRole('row', { name: 'comm sh' }).last().waitFor()
  await details.getByText('CAP_NET_RAW').waitFor()
  await details.getByRole('row', { name: 'loopback listeners tcp/127.0.0.1/10248 and 2 more' }).last().waitFor()
  await details.getByRole('row', { name: 'abstract sockets unknown' }).last().waitFor()
  t.equal(await details.getByRole('link', { name: 'PSS baseline' }).getAttribute('href'), references[0]?.url)
  t.equal(await details.getByRole('link', { name: 'a trap' }).count(), 0)
  t.match(page.url(), /finding=node-1/)
  await page.reload()
  await details.getByRole('row', { name: 'inode 4026531833' }).waitFor()
  await summary.click()
  await details.waitFor({ state: 'detached' })
})

t.test('narrows the findings by severity, node, status and text, and keeps that in the address', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  fleet.agent('node-1').tell({
    containers: [container()],
    findings: [
      finding({ severity: 'critical', summary: 'the first' }),
      finding({ id: 'b', severity: 'low', summary: 'the second' }),
    ],
  })
  fleet
    .agent('node-2')
    .tell({ containers: [container()], findings: [finding({ severity: 'low', summary: 'the third' })] })
  const shown = async (...summaries: string[]) => {
    const all = ['the first', 'the second', 'the third']
    for (const summary of all) {
      const state = summaries.includes(summary) ? 'visible' : 'detached'
      await page.getByRole('button', { name: summary }).waitFor({ state })
    }
  }

  await shown('the first', 'the second', 'the third')
  await page.getByRole('combobox', { name: 'Severity' }).selectOption('high')
  await shown('the first')
  await page.getByRole('combobox', { name: 'Severity' }).selectOption('')
  await page.getByRole('combobox', { name: 'Node' }).selectOption('node-2')
  await shown('the third')
  await page.reload()
  await shown('the third')
  await page.getByRole('combobox', { name: 'Node' }).selectOption('')
  await page.getByRole('searchbox', { name: 'Text' }).fill('SECOND')
  await shown('the second')
  await page.getByRole('searchbox', { name: 'Text' }).fill('nowhere')
  await page.getByText('No finding matches these filters.').waitFor()
})

t.test('text from containers is shown, and does nothing', options, async (t) => {
  const { fleet, page, complaints } = await openDashboard(t)
  const hostile = '<script>alert(1)</script><img src=x onerror=alert(1)>$(reboot)\n\x1b[31m\u202egnp.exe'
  const shown = '<script>alert(1)</script><img src=x onerror=alert(1)>$(reboot)\\x0a\\x1b[31m\\u202egnp.exe'
  const others = [
    { relation: 'host' as const, inode: 1, total: 1, tasks: [{ pid: 9, tid: 9, startTime: 1, comm: hostile }] },
  ]
  fleet.agent('node-1').tell({
    containers: [
      container({
        name: hostile,
        image: hostile,
        sharing: { net: { observed: 'mixed', declaredBy: hostile, others } },
      }),
    ],
    findings: [
      finding({
        summary: hostile,
        evidence: { [hostile]: hostile },
        subject: { type: 'container', containerName: hostile },
      }),
    ],
    gaps: [gap({ subject: hostile, detail: hostile })],
  })

  await page.getByRole('button', { name: shown, exact: true }).click()
  await page.getByRole('row', { name: `${shown} ${shown}`, exact: true }).waitFor()
  await page.getByRole('link', { name: 'Containers', exact: true }).click()
  await page.getByRole('button', { name: shown }).click()
  await page.getByText(`${shown} (pid 9)`).waitFor()
  const title = await page.locator('td[title^="net:"]').first().getAttribute('title')

  t.match(title, `by ${shown}`)
  t.equal(await page.locator('script').count(), 1)
  t.equal(await page.locator('img').count(), 0)
  t.strictSame(complaints, [])
})

t.test('a script that got into the page all the same would not run', options, async (t) => {
  const { page, complaints } = await openDashboard(t)

  await page.evaluate(`{
    const script = document.createElement('script')
    script.append('globalThis.ran = true')
    document.body.append(script)
  }`)

  t.equal(await page.evaluate('globalThis.ran'), undefined)
  t.match(complaints, [/Content Security Policy|TrustedScript/])
})

t.test('never says that nothing is there where it could not look', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  fleet.agent('node-1').tell({ gaps: [gap({ source: 'docker', reason: 'denied', affects: ['net', 'pid'] })] })

  await page.getByText('Not the whole picture: 1 of 1 node could not be seen in full.').waitFor()
  await page.getByText('docker: /run/docker.sock denied, clouds net, pid').waitFor()
  await page.getByRole('cell', { name: 'partial: 1 gap' }).waitFor()
  await page.getByText('Nothing is open in what could be seen.').first().waitFor()
  t.equal(await page.getByText('Nothing is open:').count(), 0)
  await page.goto(`${fleet.url}/#/containers`)
  await page.getByText('No container was found in what could be seen.').waitFor()
  await page.goto(`${fleet.url}/#/ports`)
  await page.getByText('No host port was found in what could be seen.').waitFor()
})
