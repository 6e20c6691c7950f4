import t from 'tap'
import { scopeOf, unmapped } from '../../src/model/address-scope.ts'

t.test('tells what only the machine itself reaches', async (t) => {
  for (const address of ['127.0.0.1', '127.0.0.53', '127.255.255.254', '::1', '::ffff:127.0.0.1'])
    t.equal(scopeOf(address), 'loopback', address)
  for (const address of ['10.127.0.1', '192.0.2.127', '::ffff:10.0.0.1', '::127.0.0.1', 'fe80::1', '::ffff:7f00:1'])
    t.equal(scopeOf(address), 'one', address)
})

t.test('tells what is bound to every address', async (t) => {
  for (const address of ['0.0.0.0', '::', '::ffff:0.0.0.0']) t.equal(scopeOf(address), 'any', address)
})

t.test('gives the IPv4 address that is mapped into IPv6, and no other', async (t) => {
  t.equal(unmapped('::ffff:192.0.2.1'), '192.0.2.1')
  for (const address of ['::', '::1', '::ffff:1', '192.0.2.1']) t.equal(unmapped(address), address)
})
