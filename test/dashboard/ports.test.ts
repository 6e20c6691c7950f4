import t from 'tap'
import { answersText, claimText, reachedText } from '../../src/dashboard/port-words.ts'
import { browserSkip } from '../helpers/browser.ts'
import { container, port, TAKEN_AT } from '../helpers/builders.ts'
import { openDashboard } from '../helpers/dashboard.ts'

const options = { skip: browserSkip, timeout: 90_000 }
const web = container()
const RULE = '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 9002 -j DNAT --to-destination 172.17.0.2:8080'

function asked(address: string, outcome: 'open' | 'refused') {
  return { vantage: 'host', address, port: 9002, protocol: 'tcp', outcome, at: TAKEN_AT, latencyMs: 1 } as const
}

t.test('says of answers what they are, and which address gave which', async (t) => {
  const open = asked('127.0.0.1', 'open')
  const identity = { protocol: 'http', http: { status: 200, title: 'a\u001bb' } } as const

  t.equal(answersText(port()), 'not asked')
  t.equal(answersText(port({ probe: [open, asked('192.0.2.10', 'open')] })), 'open')
  t.equal(answersText(port({ probe: [open, asked('192.0.2.10', 'refused')] })), '127.0.0.1: open, 192.0.2.10: refused')
  t.equal(answersText(port({ probe: [{ ...open, identity }] })), 'HTTP 200 “a\\x1bb”')
  t.equal(answersText(port({ probe: [{ ...open, identity: { protocol: 'none' } }] })), 'open, says nothing')
})

t.test('names whose claim takes a port, and never calls the unknown a no', async (t) => {
  t.equal(claimText('host/ss\u202ehd'), 'ss\\u202ehd on the host')
  t.equal(claimText('service/default/plain/tcp'), 'Service default/plain')
  t.equal(claimText('to/10.0.0.9/80/tcp'), '10.0.0.9:80')
  t.equal(claimText(`${web.id}/80/tcp`), 'container c0ffee000000, port 80/tcp')
  const effective = { outside: 'unknown', node: 'conditional', loopback: 'no' } as const
  t.equal(reachedText(port({ effective })), 'outside ?, node sometimes, loopback no')
})

t.test(
  'shows claims with their rules, who takes them, where nothing listens, and what answered',
  options,
  async (t) => {
    const { fleet, page, complaints } = await openDashboard(t)
    const targets = [{ address: '172.17.0.2', port: 8080, containerId: web.id, listening: false }]
    const mapped = port({
      mechanism: 'docker-nat',
      claim: `${web.id}/8080/tcp`,
      targets,
      rules: [RULE],
      conditions: ['not to 127.0.0.0/8'],
      declaredBy: [{ by: 'docker', containerId: web.id, hostAddress: '0.0.0.0', implicit: false }],
      probe: [asked('127.0.0.1', 'refused')],
    })
    const taken = port({
      mechanism: 'host-listener',
      claim: 'host/sshd',
      targets: [],
      owners: [{ role: 'listener', comm: 'sshd', pid: 700 }],
      effective: { outside: 'no', node: 'no', loopback: 'yes' },
      shadowedBy: mapped.claim,
    })
    const unseen = { hostAddress: '192.168.100.100', hostPort: 44129, claim: 'host/', owners: [], targets: [] }
    const nobodys = port({ mechanism: 'host-listener', ...unseen })
    fleet.agent('node-1').tell({ containers: [web], ports: [mapped, taken, nobodys] })

    await page.goto(`${fleet.url}/#/ports`)

    const row = page.getByRole('row', { name: /docker-nat/ })
    await row.getByText('to 172.17.0.2:8080, where nothing listens').waitFor()
    await row.getByText('docker for 0.0.0.0').waitFor()
    await row.getByText('refused').waitFor()
    await row.getByText('rules').click()
    await row.getByText(RULE).waitFor()
    await page
      .getByRole('row', { name: /host-listener.*sshd/ })
      .getByText(/taken by container c0ffee000000/)
      .waitFor()
    await page.getByText('outside no, node no, loopback yes').waitFor()
    const unknown = page.getByRole('row', { name: /192\.168\.100\.100:44129\/tcp/ })
    await unknown.getByText('not seen').waitFor()
    const text = unknown.getByText('192.168.100.100:44129/tcp')
    t.equal(await text.evaluate((shown) => shown.getClientRects().length), 1, 'a port stands in one line')
    if (process.env['SCREENSHOT'] !== undefined)
      await page.screenshot({ path: process.env['SCREENSHOT'], fullPage: true })
    t.strictSame(complaints, [])
  },
)
