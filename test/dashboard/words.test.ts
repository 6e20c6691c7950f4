import t from 'tap'
import {
  agoText,
  declaredWord,
  gapsText,
  mechanismWord,
  observedWord,
  sharingSentence,
} from '../../src/dashboard/words.ts'
import { gap, sharing } from '../helpers/builders.ts'

const nobody = () => undefined

t.test('the host is written large, and what could not be seen is a question mark', async (t) => {
  t.equal(observedWord('host', nobody), 'HOST')
  t.equal(observedWord('kernel', nobody), 'KERNEL')
  t.equal(observedWord('own', nobody), 'own')
  t.equal(observedWord('sandbox', nobody), 'pod')
  t.equal(observedWord('mixed', nobody), 'mixed')
  t.equal(observedWord('unknown', nobody), '?')
  t.equal(observedWord('not-applicable', nobody), 'n-a')
  t.equal(declaredWord('unknown', nobody), '?')
})

t.test('another container is named where its name is known, and made printable', async (t) => {
  const id = 'abcdef012345'.padEnd(64, '6')

  t.equal(observedWord(`container:${id}`, nobody), 'container:abcdef012345')
  t.equal(
    observedWord(`container:${id}`, () => 'web\x1b'),
    'container:web\\x1b',
  )
  t.equal(declaredWord('path:/run/\u202enetns', nobody), 'path:/run/\\u202enetns')
})

t.test('one sentence says declared, by whom, observed, the inodes and the verdict', async (t) => {
  const shared = sharing('net', { declared: 'private', observed: 'host' })

  t.equal(
    sharingSentence('net', shared, nobody),
    "net: declared private (by a test), observed HOST; inode 4026531833, host's inode 4026531833; verdict undeclared-sharing",
  )
})

t.test('gaps are told with what they cloud, and the rest is not passed over', async (t) => {
  const [all, some, none] = [gap(), gap({ subject: 'pid 7\n', affects: ['net', 'pid'] }), gap({ affects: [] })]

  t.equal(gapsText([all]), 'docker: /run/docker.sock timeout, clouds everything')
  t.equal(
    gapsText([some, none]),
    'docker: pid 7\\x0a timeout, clouds net, pid; docker: /run/docker.sock timeout, clouds no verdict',
  )
  t.match(gapsText([all, all, all]), /; …$/)
})

t.test('a mechanism that nobody could look at is not called nothing', async (t) => {
  t.equal(mechanismWord('unknown'), '? (could not look)')
  t.equal(mechanismWord('none'), 'declared, but nothing is there')
  t.equal(mechanismWord('docker-proxy'), 'docker-proxy')
})

t.test('says how long ago in the largest unit, and never in the future', async (t) => {
  t.equal(agoText(-5000), 'just now')
  t.equal(agoText(59_999), 'just now')
  t.equal(agoText(60_000), '1 min ago')
  t.equal(agoText(3 * 3_600_000 + 1), '3 h ago')
  t.equal(agoText(49 * 3_600_000), '2 d ago')
})
