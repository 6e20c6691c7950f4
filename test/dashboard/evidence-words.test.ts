import t from 'tap'
import { boundedText, isBoundedList, labelOf } from '../../src/dashboard/evidence-words.ts'

t.test('names facts in words', async (t) => {
  t.equal(labelOf('loopbackListeners'), 'loopback listeners')
  t.equal(labelOf('inode'), 'inode')
})

t.test('tells a list that may be cut from other objects', async (t) => {
  t.ok(isBoundedList({ items: [], total: 0 }))
  for (const other of [null, 'unknown', [], {}, { items: 'a', total: 1 }, { items: [] }, { total: 1 }]) {
    t.notOk(isBoundedList(other), JSON.stringify(other))
  }
})

t.test('shows a list in one text and says what it leaves out', async (t) => {
  t.equal(boundedText({ items: [], total: 0 }), 'none')
  t.equal(boundedText({ items: ['kubelet', 'sshd'], total: 2 }), 'kubelet, sshd')
  t.equal(boundedText({ items: ['a', 'b'], total: 40 }), 'a, b and 38 more')
})

t.test('shows interfaces with their addresses, and objects with their facts', async (t) => {
  const eth0 = { name: 'eth0', addresses: { items: ['192.0.2.10'], total: 2 } }
  const veth = { name: 'veth*', addresses: { items: [], total: 0 } }

  t.equal(boundedText({ items: [eth0, veth], total: 2 }), 'eth0 (192.0.2.10 and 1 more), veth*')
  t.equal(
    boundedText({ items: [{ key: '0x0052e2c1', uid: 70, mode: '600' }], total: 1 }),
    'key 0x0052e2c1 uid 70 mode 600',
  )
})
