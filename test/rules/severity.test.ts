import t from 'tap'
import type { Container, Privileges, Relation } from '../../src/model/container.ts'
import { SEVERITIES } from '../../src/model/finding.ts'
import type { NamespaceKind } from '../../src/model/namespace.ts'
import { hasAny } from '../../src/rules/capabilities.ts'
import { raised, severityOf } from '../../src/rules/severity.ts'
import { container, privileges } from '../helpers/builders.ts'

const ALL = '000001ffffffffff'
const NONE = '0000000000000000'
const KINDS = ['net', 'pid', 'ipc'] as const

function mapped(effectiveCapabilities: string, rootMapsTo: number | null, user: Relation): Container {
  return container({
    privileges: privileges({ effectiveCapabilities }),
    userNs: { inode: 4026531837, rootMapsTo },
    sharing: { user: { observed: user } },
  })
}

const TABLE: readonly (readonly [NamespaceKind, string, string, string])[] = [
  ['net', '0000000000001000', 'CAP_NET_ADMIN', 'high'],
  ['net', '0000000000002000', 'CAP_NET_RAW', 'high'],
  ['net', '0000000000200000', 'CAP_SYS_ADMIN', 'high'],
  ['net', '0000000000080000', 'CAP_SYS_PTRACE only', 'medium'],
  ['net', NONE, 'nothing', 'medium'],
  ['pid', '0000000000080000', 'CAP_SYS_PTRACE', 'critical'],
  ['pid', '0000000000200000', 'CAP_SYS_ADMIN', 'critical'],
  ['pid', '00000000a80425fb', 'what Docker leaves to root', 'high'],
  ['ipc', '0000000000008000', 'CAP_IPC_OWNER', 'medium'],
  ['ipc', '00000000a80425fb', 'what Docker leaves to root', 'low'],
  ['mnt', '00000000a80425fb', 'what Docker leaves to root', 'critical'],
  ['mnt', NONE, 'nothing', 'high'],
  ['uts', '0000000000200000', 'CAP_SYS_ADMIN', 'medium'],
  ['uts', '00000000a80425fb', 'what Docker leaves to root', 'low'],
  ['cgroup', '0000000000200000', 'CAP_SYS_ADMIN', 'low'],
  ['cgroup', '00000000a80425fb', 'what Docker leaves to root', 'info'],
  ['user', ALL, 'everything', 'medium'],
  ['time', ALL, 'everything', 'medium'],
]

for (const [kind, capabilities, what, severity] of TABLE) {
  t.test(`weighs the host's ${kind} namespace with ${what} as ${severity}`, (t) => {
    t.equal(severityOf(kind, mapped(capabilities, 0, 'host')), severity)
    t.end()
  })
}

t.test('takes capabilities in a user namespace of one’s own for nothing', (t) => {
  t.equal(severityOf('pid', mapped(ALL, 100_000, 'own')), 'high')
  t.equal(severityOf('pid', mapped(ALL, null, 'own')), 'high', 'also where its root is mapped to nobody')
  t.equal(severityOf('pid', mapped(ALL, 0, 'own')), 'critical', 'but not where its root is root')
  t.end()
})

t.test('takes capabilities in the host’s user namespace for whole, also where that is a mapped one', (t) => {
  t.equal(severityOf('pid', mapped(ALL, 100_000, 'host')), 'critical')
  t.equal(severityOf('pid', mapped(ALL, 100_000, 'kernel')), 'critical')
  t.end()
})

t.test('weighs what could not be read as if it were there', (t) => {
  t.equal(severityOf('pid', container({ privileges: null })), 'critical')
  t.equal(severityOf('pid', mapped(ALL, null, 'unknown')), 'critical')
  t.equal(severityOf('ipc', container({ privileges: null })), 'medium')
  t.end()
})

const CONFINED = { module: 'selinux', label: 'system_u:system_r:container_t:s0', confines: true } as const
const UNCONFINED = { module: 'apparmor', label: 'unconfined', confines: false } as const
const NO_LSM = { module: 'none', label: '', confines: false } as const

const STEPS: readonly (readonly [string, Partial<Privileges>, Partial<Record<NamespaceKind, string>>])[] = [
  ['root, confined by both', { lsm: CONFINED }, { net: 'medium', pid: 'high', ipc: 'low' }],
  ['confined by seccomp only', { lsm: UNCONFINED }, { net: 'medium', pid: 'high', ipc: 'low' }],
  ['confined by its label only', { seccomp: 'disabled', lsm: CONFINED }, { net: 'medium', pid: 'high', ipc: 'low' }],
  ['confined by nothing', { seccomp: 'disabled', lsm: NO_LSM }, { net: 'high', pid: 'critical', ipc: 'medium' }],
  ['in a kernel without seccomp', { seccomp: 'unknown', lsm: NO_LSM }, { net: 'high', pid: 'critical' }],
  ['no root, that may become it', { uid: 1000 }, { net: 'medium', pid: 'high', ipc: 'low' }],
  ['no root, that stays so', { uid: 1000, noNewPrivs: true }, { net: 'low', pid: 'medium', ipc: 'info' }],
  ['root, with no_new_privs', { noNewPrivs: true }, { net: 'medium', pid: 'high', ipc: 'low' }],
  [
    'no root, that stays so, confined by nothing',
    { uid: 1000, noNewPrivs: true, seccomp: 'disabled', lsm: NO_LSM },
    { net: 'medium', pid: 'high', ipc: 'low' },
  ],
]

for (const [what, given, expected] of STEPS) {
  t.test(`weighs a task without the capability, ${what}`, (t) => {
    const weighed = container({ privileges: privileges({ effectiveCapabilities: NONE, ...given }) })

    t.match(Object.fromEntries(KINDS.map((kind) => [kind, severityOf(kind, weighed)])), expected)
    t.end()
  })
}

t.test('weighs a mapped root, that is an ordinary user outside, one step less', (t) => {
  const root = mapped(ALL, 100_000, 'own')

  t.equal(
    severityOf('pid', { ...root, privileges: privileges({ effectiveCapabilities: ALL, uid: 100_000 }) }),
    'medium',
  )
  t.end()
})

t.test('lets no step lead beyond what the capability itself weighs', (t) => {
  const all = privileges({ effectiveCapabilities: ALL, seccomp: 'disabled', lsm: NO_LSM })

  t.equal(severityOf('net', container({ privileges: all })), 'high')
  t.end()
})

t.test('weighs an ipc namespace without objects low, whatever the container may do', (t) => {
  const all = container({ privileges: privileges({ effectiveCapabilities: ALL }) })
  const none = { items: [], total: 0 }
  const idle = { sharedMemory: none, semaphores: none, messageQueues: none, posixQueues: none }
  const busy = { ...idle, posixQueues: { items: ['orders'], total: 1 } }

  t.equal(severityOf('ipc', all, { ipc: idle }), 'low')
  t.equal(severityOf('ipc', all, { ipc: busy }), 'medium')
  t.equal(severityOf('ipc', all, { ipc: { ...idle, posixQueues: 'unknown' } }), 'medium', 'nobody could look')
  t.equal(severityOf('ipc', all), 'medium', 'nobody looked')
  t.equal(severityOf('pid', all, { ipc: idle }), 'critical', 'another kind is not meant')
  t.end()
})

t.test('raises by one step, and not beyond the last', (t) => {
  t.strictSame(SEVERITIES.map(raised), ['low', 'medium', 'high', 'critical', 'critical'])
  t.end()
})

t.test('reads single bits of a set of 64', (t) => {
  t.equal(hasAny(ALL, 'NET_RAW'), true)
  t.equal(hasAny('fffffffffff7ffff', 'SYS_PTRACE'), false)
  t.equal(hasAny('8000000000000000', 'SYS_ADMIN', 'SYS_PTRACE'), false)
  t.equal(hasAny('0000000000080000', 'SYS_ADMIN', 'SYS_PTRACE'), true)
  t.end()
})
