import t from 'tap'
import type { PortDeclaration } from '../../src/model/port.ts'
import { overbroadPortMapping } from '../../src/rules/overbroad-port-mapping.ts'
import { listening, mapped, portHits, web } from '../helpers/port-hits.ts'

function declared(hostAddress?: string, by: PortDeclaration['by'] = 'docker'): PortDeclaration {
  return { by, containerId: web.id, ...(hostAddress === undefined ? {} : { hostAddress }), implicit: false }
}

t.test('hits a mapping of every address that was declared for one, more where that is loopback', async (t) => {
  t.match(portHits(overbroadPortMapping, [mapped({ declaredBy: [declared('127.0.0.1')] })]), [
    {
      subject: { containerId: web.id },
      severity: 'high',
      summary: 'tcp 0.0.0.0:9002 of web is open on every address, and was declared for 127.0.0.1',
    },
  ])
  t.match(portHits(overbroadPortMapping, [mapped({ declaredBy: [declared('192.0.2.10')] })]), [{ severity: 'medium' }])
})

t.test('stays silent about a mapping that is as wide as some declaration', async (t) => {
  t.strictSame(portHits(overbroadPortMapping, [mapped()]), [])
  t.strictSame(portHits(overbroadPortMapping, [mapped({ declaredBy: [declared(), declared('127.0.0.1')] })]), [])
  const narrow = mapped({ hostAddress: '127.0.0.1', declaredBy: [declared('127.0.0.1')] })
  t.strictSame(portHits(overbroadPortMapping, [narrow]), [])
})

t.test('stays silent about what nobody declared, nobody mapped, or nobody could look at', async (t) => {
  t.strictSame(portHits(overbroadPortMapping, [mapped({ declaredBy: [] })]), [])
  t.strictSame(portHits(overbroadPortMapping, [listening({ declaredBy: [declared('127.0.0.1')] })]), [])
  const unread = mapped({ mechanism: 'unknown', declaredBy: [declared('127.0.0.1')] })
  t.strictSame(portHits(overbroadPortMapping, [unread]), [])
})
