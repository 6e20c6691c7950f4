import t from 'tap'
import { unmanagedNatRule } from '../../src/rules/unmanaged-nat-rule.ts'
import { mapped, portHits, web } from '../helpers/port-hits.ts'

const rules = ['-A PREROUTING -p tcp -m tcp --dport 9002 -j DNAT --to-destination 172.17.0.2:8080']

t.test('hits a rule of no known manager, more where it leads to a container', async (t) => {
  const away = { targets: [{ address: '192.0.2.7', port: 80 }], declaredBy: [] }

  t.match(portHits(unmanagedNatRule, [mapped({ mechanism: 'nat-rule', rules })]), [
    {
      subject: { containerId: web.id },
      fact: 'tcp/0.0.0.0/9002',
      severity: 'medium',
      summary: 'a rule of no known manager sends tcp 0.0.0.0:9002 to web',
      evidence: { rules },
    },
  ])
  t.match(portHits(unmanagedNatRule, [mapped({ mechanism: 'nat-rule', ...away })]), [
    { subject: { type: 'port' }, severity: 'low', summary: /to 192\.0\.2\.7:80$/ },
  ])
})

t.test('stays silent about every known manager, and where nobody could look', async (t) => {
  for (const mechanism of ['docker-nat', 'cni-portmap-nft', 'podman-nat', 'node-port', 'unknown'] as const) {
    t.strictSame(portHits(unmanagedNatRule, [mapped({ mechanism })]), [], mechanism)
  }
})
