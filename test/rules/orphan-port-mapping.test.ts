import t from 'tap'
import { orphanPortMapping } from '../../src/rules/orphan-port-mapping.ts'
import { mapped, portHits } from '../helpers/port-hits.ts'

const lost = { targets: [{ address: '172.17.0.9', port: 80 }], declaredBy: [], claim: 'to/172.17.0.9/80/tcp' }

t.test('hits a mapping that leads to nobody', async (t) => {
  t.match(portHits(orphanPortMapping, [mapped({ ...lost, orphan: true })]), [
    {
      subject: { type: 'port' },
      fact: 'tcp/0.0.0.0/9002',
      severity: 'low',
      summary: "docker-nat sends tcp 0.0.0.0:9002 to 172.17.0.9:80, which is no container's",
    },
  ])
})

t.test('is one finding for both families', async (t) => {
  const both = [mapped({ ...lost, orphan: true }), mapped({ ...lost, orphan: true, hostAddress: '::', family: 'ipv6' })]

  t.equal(portHits(orphanPortMapping, both).length, 1)
})

t.test('is one finding for two rules of one port, as its identity is the port', async (t) => {
  const two = [mapped({ ...lost, orphan: true }), mapped({ ...lost, orphan: true, claim: 'to/172.17.0.8/80/tcp' })]

  t.equal(portHits(orphanPortMapping, two).length, 1)
})

t.test('stays silent where nobody could say that the target is gone', async (t) => {
  t.strictSame(portHits(orphanPortMapping, [mapped(lost), mapped()]), [])
})
