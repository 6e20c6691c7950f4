import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createNatSource, type NatOptions } from '../../../src/sources/nat/nat.ts'

const SAVED = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT\nCOMMIT\n'
const EMPTY = '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n'

const prints = (text: string) => `cat <<'END'\n${text}\nEND`

/** What each program does when all is well. */
const WELL = {
  nft: prints('{"nftables": []}'),
  'iptables-nft-save': prints(SAVED),
  'ip6tables-nft-save': prints(EMPTY),
}

/** A node whose programs are scripts, and whose procfs is a folder. */
async function fakeNode(t: Test, programs: Readonly<Record<string, string>>, more: Partial<NatOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'self/net'), { recursive: true })
  await mkdir(join(folder, 'sys/net/ipv4/conf/all'), { recursive: true })
  const procfs = (file: string, text: string) => writeFile(join(folder, file), text)
  await procfs('self/net/dev', '  eth0: 0 0\n')
  await procfs('sys/net/ipv4/conf/all/route_localnet', '1\n')
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\necho "\${0##*/} $*" >> '${folder}/calls'\n${script}\n`)
    await chmod(join(folder, name), 0o755)
  }
  const nat = createNatSource({ procRoot: folder, path: `${folder}:/bin:/usr/bin`, ...more })
  const read = (...containers: readonly string[]) => nat.read(containers, new AbortController().signal)
  const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')
  return { nat, read, calls, procfs }
}

t.test('reads the rules of both families, and finds no gap where there is none', async (t) => {
  const { read, calls } = await fakeNode(t, WELL)

  const { ruleset, gaps } = await read()

  t.strictSame(gaps, [])
  t.strictSame(
    ruleset.chains.map(({ family, name, rules }) => [family, name, rules.length]),
    [
      ['ipv4', 'PREROUTING', 1],
      ['ipv6', 'PREROUTING', 0],
    ],
  )
  t.strictSame(ruleset.routeLocalnet, ['all'])
  const asked = ['ip6tables-nft-save -t nat', 'iptables-nft-save -t nat', 'nft -j list ruleset']
  t.strictSame((await calls()).toSorted(), asked, 'the old backend is not asked: asking makes its table')
})

t.test('asks the old backend where it has a nat table, by the program that is its own', async (t) => {
  const legacy = { 'iptables-legacy-save': prints(SAVED), 'ip6tables-legacy-save': 'exit 9' }
  const { read, procfs } = await fakeNode(t, { ...WELL, ...legacy })
  await procfs('self/net/ip_tables_names', 'filter\nnat\n')
  await procfs('self/net/ip6_tables_names', 'filter\n')

  const { ruleset, gaps } = await read()

  t.strictSame(gaps, [])
  t.equal(ruleset.chains.filter(({ backend }) => backend === 'iptables-legacy').length, 1)
})

t.test('asks iptables-save whose it is before it reads anything', async (t) => {
  const version = (backend: string) => `[ "$1" = --version ] && exec echo "iptables-save v1.8.9 (${backend})"`
  const shared = (backend: string) => ({
    nft: WELL.nft,
    'iptables-save': `${version(backend)}\n${prints(SAVED)}`,
    'ip6tables-save': `${version(backend)}\n${prints(EMPTY)}`,
  })

  const nft = await fakeNode(t, shared('nf_tables'))
  t.match(await nft.read(), {
    gaps: [],
    ruleset: { chains: [{ backend: 'iptables-nft' }, { backend: 'iptables-nft' }] },
  })

  const legacy = await fakeNode(t, shared('legacy'))
  t.match(await legacy.read(), { ruleset: { chains: [] } })
  t.ok((await legacy.calls()).every((call) => !call.includes('-t nat')))
})

const WRONG = {
  missing: { programs: {}, reason: 'missing', count: 3 },
  'not allowed': {
    programs: { ...WELL, nft: 'echo "Operation not permitted (you must be root)" >&2; exit 1' },
    reason: 'denied',
    count: 1,
  },
  hanging: { programs: { ...WELL, nft: 'exec sleep 60' }, reason: 'timeout', count: 1 },
  endless: { programs: { ...WELL, 'iptables-nft-save': 'exec cat /dev/zero' }, reason: 'too-large', count: 1 },
  'cut short': {
    programs: { ...WELL, 'ip6tables-nft-save': prints('*nat\n:PREROUTING ACCEPT') },
    reason: 'malformed',
    count: 1,
  },
  'of another language': { programs: { ...WELL, nft: 'echo {}' }, reason: 'malformed', count: 1 },
  failing: { programs: { ...WELL, nft: 'echo "no such thing" >&2; exit 1' }, reason: 'unsupported', count: 1 },
} as const

for (const [title, { programs, reason, count }] of Object.entries(WRONG)) {
  t.test(`says in a gap that clouds every port when a program is ${title}`, async (t) => {
    const { read } = await fakeNode(t, programs, { timeoutMs: reason === 'timeout' ? 300 : 5000, maxBytes: 1 << 20 })

    const { gaps } = await read()

    t.equal(gaps.length, count)
    for (const gap of gaps) t.match(gap, { source: 'nat', reason, affects: ['tcp', 'udp', 'sctp'] })
  })
}

t.test('takes what nft shows of iptables-nft for not understood where its own program is missing', async (t) => {
  const rule = { family: 'ip', table: 'nat', chain: 'PREROUTING', expr: [{ xt: { type: 'target', name: 'DNAT' } }] }
  const table = { family: 'ip', name: 'nat' }
  const chain = { family: 'ip', table: 'nat', name: 'PREROUTING', type: 'nat', hook: 'prerouting', prio: -100 }
  const { read } = await fakeNode(t, { nft: prints(JSON.stringify({ nftables: [{ table }, { chain }, { rule }] })) })

  const { ruleset, gaps } = await read()

  t.match(ruleset.chains, [{ rules: [{ action: { do: 'unknown' } }] }])
  t.match(gaps, [{ reason: 'unsupported', detail: /iptables-nft/ }])
})

t.test('serves what it read for half a minute, and reads anew for other containers', async (t) => {
  let now = 0
  const { read, calls } = await fakeNode(t, WELL, { clock: () => now })
  const runs = async () => (await calls()).length / 3

  const first = await read('a')
  now = 29_999
  t.equal(await read('a'), first)
  t.equal(await runs(), 1)
  await read('a', 'b')
  t.equal(await runs(), 2)
  now += 30_000
  await read('a', 'b')
  t.equal(await runs(), 3)
})

t.test('reads once where it is asked twice at the same time', async (t) => {
  const { read, calls } = await fakeNode(t, WELL)

  const [one, other] = await Promise.all([read('a'), read('a')])

  t.equal(one, other)
  t.equal((await calls()).length, 3)
})

t.test('ends with the signal, and serves the next question', async (t) => {
  const { nat, read } = await fakeNode(t, { ...WELL, nft: 'exec sleep 60' }, { timeoutMs: 1000 })
  const stop = new AbortController()
  const reading = nat.read([], stop.signal)

  stop.abort()

  await t.rejects(reading, { name: 'AbortError' })
  t.match(await read(), { gaps: [{ reason: 'timeout' }] })
})
