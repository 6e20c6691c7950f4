import t from 'tap'
import { NAMESPACE_KINDS } from '../../../src/model/namespace.ts'
import { listKinds, parseLink } from '../../../src/sources/procfs/namespaces.ts'

t.test('reads the inode in a link of each kind', (t) => {
  for (const kind of NAMESPACE_KINDS) t.equal(parseLink(kind, `${kind}:[4026531840]`), 4026531840)
  t.end()
})

t.test('refuses what is no link of that kind', (t) => {
  const others = ['', 'net', 'net:', 'net:[]', 'net:[x]', 'net:[0]', 'net:[-1]', 'net:[1.5]', 'net:[1', 'net:1]']
  for (const target of [...others, 'pid:[4026531836]', ' net:[1]', 'net:[99999999999999999999]', '/proc/1/ns/net']) {
    t.throws(() => parseLink('net', target), SyntaxError, target)
  }
  t.end()
})

t.test('lists the kinds that this kernel has', (t) => {
  t.ok(['net', 'pid', 'ipc', 'mnt', 'uts', 'user'].every((kind) => listKinds('/proc').some((found) => found === kind)))
  t.end()
})

t.test('leaves out a kind that a kernel does not have', (t) => {
  const links = Object.fromEntries(NAMESPACE_KINDS.filter((kind) => kind !== 'time').map((kind) => [kind, '']))
  const root = t.testdir({ self: { ns: links } })

  t.strictSame(listKinds(root), NAMESPACE_KINDS.slice(0, -1))
  t.end()
})

t.test('refuses a folder that is no procfs', (t) => {
  t.throws(() => listKinds(t.testdir({})), { code: 'ENOENT' })
  t.end()
})
