import fc from 'fast-check'
import t from 'tap'
import { createCgroupParser, parseCgroup } from '../../src/sources/cgroups.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const UID = '34806e2f-0a29-4902-84ca-b67736179f6e'

t.test('takes no pod’s uid from below a user’s slice, where users make cgroups of any name', (t) => {
  const user = '/user.slice/user-1000.slice/user@1000.service'

  t.strictSame(parseCgroup(`0::${user}/kubepods/pod${UID}/libpod-${A}.scope\n`), { id: A, runtime: 'podman' })
  t.strictSame(parseCgroup(`0::/../..${user}/kubepods/pod${UID}/${A}\n`), { id: A, runtime: 'unknown' })
  t.end()
})

t.test('takes only whole uids', (t) => {
  for (const uid of [UID.slice(1), `${UID}0`, UID.replace('-', '--'), 'f'.repeat(36), `${UID}\u0000`]) {
    t.strictSame(parseCgroup(`0::/kubepods/pod${uid}/${A}\n`), { id: A, runtime: 'unknown' }, JSON.stringify(uid))
  }
  t.end()
})

t.test('reads hostile text in bounds', (t) => {
  const deep = '/x'.repeat(100_000)

  t.strictSame(
    parseCgroup(`0::/docker/${A}${deep}\n`),
    { id: A, runtime: 'docker' },
    'a container cannot hide by depth',
  )
  t.equal(parseCgroup(`0::${deep}/docker/${A}\n`), null)
  t.equal(parseCgroup(`${'1:x:/\n'.repeat(100_000)}0::/docker/${A}\n`), null)
  for (const text of ['', '\n', ':', '::', '0::', '0', '0:', '\0']) t.equal(parseCgroup(text), null)
  t.end()
})

t.test('gives an id of 64 hex digits or nothing, whatever the text', (t) => {
  const piece = fc.constantFrom(
    '/',
    ':',
    '\n',
    '..',
    'docker',
    'kubepods',
    'pod',
    '-',
    '.scope',
    A,
    B,
    UID,
    'x',
    '\0',
    '__proto__',
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const found = parseCgroup(pieces.join(''))
      return found === null || /^[0-9a-f]{64}$/.test(found.id)
    }),
  )
  t.end()
})

t.test('remembers texts, and forgets them before there are too many', (t) => {
  const parse = createCgroupParser()

  t.equal(parse(`0::/docker/${A}\n`), parse(`0::/docker/${A}\n`), 'the same answer, not just an equal one')
  const before = parse(`0::/docker/${A}\n`)
  for (let number = 0; number < 5_000; number += 1) parse(`0::/${number}\n`)
  t.not(parse(`0::/docker/${A}\n`), before)
  t.strictSame(parse(`0::/docker/${A}\n`), before)
  t.end()
})
