import { BlockList } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { canonical, isEverything, isLoopback, isWithin, listAddresses } from '../../../src/agent/nat/address.ts'

t.test('agrees with Node on which addresses are in a network', async (t) => {
  const check = (address: string, network: string, prefix: number, family: 'ipv4' | 'ipv6') => {
    const list = new BlockList()
    list.addSubnet(network, prefix, family)
    return isWithin(address, `${network}/${prefix}`) === list.check(address, family)
  }

  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (one, other, prefix) =>
      check(one, other, prefix, 'ipv4'),
    ),
  )
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), fc.integer({ min: 0, max: 128 }), (one, other, prefix) =>
      check(one, other, prefix, 'ipv6'),
    ),
  )
  t.notOk(isWithin('10.0.0.1', '::/0'))
})

t.test('knows ranges, loopback and everything', async (t) => {
  t.ok(isWithin('10.0.0.5', '10.0.0.1-10.0.0.5'))
  t.notOk(isWithin('10.0.0.6', '10.0.0.1-10.0.0.5'))
  t.ok(isWithin('10.1.0.0/16', '10.0.0.0/8'))
  t.ok(isLoopback('127.9.9.9') && isLoopback('::1') && !isLoopback('10.0.0.1'))
  t.ok(isEverything('0.0.0.0/0') && isEverything('::/0') && !isEverything('0.0.0.0/1'))
  t.notOk(isWithin('words', '0.0.0.0/0') || isWithin('10.0.0.1', 'words'))
})

t.test('writes an address in one spelling', async (t) => {
  t.equal(canonical('FD00:0:0::0002'), 'fd00::2')
  t.equal(canonical('0:0:0:0:0:0:0:1'), '::1')
  t.equal(canonical('::'), '::')
  t.equal(canonical('1:0:0:2:0:0:0:3'), '1:0:0:2::3')
  t.equal(canonical('::ffff:10.0.0.1'), '::ffff:a00:1')
  t.equal(canonical('words'), 'words')
  fc.assert(
    fc.property(
      fc.ipV6(),
      (address) => canonical(canonical(address)) === canonical(address) && isWithin(address, canonical(address)),
    ),
  )
})

t.test('lists a short range, and no long one', async (t) => {
  t.strictSame(listAddresses('10.0.0.254-10.0.1.1', 4), ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1'])
  t.equal(listAddresses('10.0.0.1-10.0.1.1', 4), null)
  t.equal(listAddresses('10.0.0.2-10.0.0.1', 4), null)
})
