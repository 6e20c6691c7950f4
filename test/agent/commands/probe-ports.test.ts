import t from 'tap'
import { node, port, snapshot } from '../../helpers/builders.ts'
import { doing } from '../../helpers/doing.ts'

const interfaces = [
  { name: 'lo', addresses: [{ family: 'ipv4', address: '127.0.0.1' }] },
  { name: 'eth0', addresses: [{ family: 'ipv4', address: '192.0.2.7' }] },
  { name: 'docker0', addresses: [{ family: 'ipv4', address: '172.17.0.1' }] },
] as const
const web = port({ hostAddress: '0.0.0.0', hostPort: 80 })
const seen = snapshot({ node: node({ interfaces }), ports: [web] })
const ports = [{ port: 80, protocol: 'tcp' }] as const

t.test('asks a port where others look for the node and on loopback, and says who claims it', async (t) => {
  const { asked, carryOut } = doing(seen)
  const result = await carryOut({ command: 'probe', ports })

  t.strictSame(
    asked,
    ['127.0.0.1', '192.0.2.7', '::1'].map((address) => ({ address, port: 80, protocol: 'tcp', mode: 'connect' })),
  )
  t.match(result, {
    version: 1,
    node: 'node-1',
    answers: [{ address: '127.0.0.1', outcome: 'open', claims: [{ hostPort: 80, claim: web.claim }] }],
    cut: false,
  })
})

t.test('says to ports no more than the agent does by itself', async (t) => {
  const identify = { command: 'probe', ports, mode: 'identify' } as const

  await t.rejects(doing(seen, 'connect').carryOut(identify), { code: 'refused', message: /--probe connect/ })
  await t.rejects(doing(seen, null).carryOut({ command: 'probe', ports }), { code: 'refused', message: /--probe off/ })
  const { asked, carryOut } = doing(seen, 'identify')
  await carryOut(identify)
  await carryOut({ command: 'probe', ports })
  await carryOut({ command: 'probe', ports, mode: 'connect' })
  t.strictSame(
    asked.filter(({ address }) => address === '127.0.0.1').map(({ mode }) => mode),
    ['identify', 'identify', 'connect'],
  )
})

t.test('refuses where no address is known to be the node’s', async (t) => {
  const blind = snapshot({ node: node({ interfaces: [] }) })

  await t.rejects(doing(blind).carryOut({ command: 'probe', ports }), { code: 'refused', message: /net namespace/ })
})

t.test('leaves only the gaps that cloud who holds a port', async (t) => {
  const gap = { source: 'procfs', subject: 'x', reason: 'denied' } as const
  const gaps = [
    { ...gap, affects: ['tcp'] },
    { ...gap, affects: ['pid'] },
    { ...gap, affects: '*' as const },
  ]

  t.match(await doing({ ...seen, gaps }).carryOut({ command: 'probe', ports }), { gaps: [gaps[0], gaps[2]] })
})
