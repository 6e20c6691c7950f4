import t from 'tap'
import type { Container } from '../../src/model/container.ts'
import type { Reach } from '../../src/model/reach.ts'
import { escapedProcess } from '../../src/rules/escaped-process.ts'
import { tracingOf } from '../../src/rules/reach.ts'
import type { Rule } from '../../src/rules/rule.ts'
import { sharedIpcNamespace } from '../../src/rules/shared-ipc-namespace.ts'
import { sharedMntNamespace } from '../../src/rules/shared-mnt-namespace.ts'
import { sharedNetNamespace } from '../../src/rules/shared-net-namespace.ts'
import { sharedPidNamespace } from '../../src/rules/shared-pid-namespace.ts'
import { undeclaredSharing } from '../../src/rules/undeclared-sharing.ts'
import { container, privileges, snapshot } from '../helpers/builders.ts'

const NONE = { items: [], total: 0 }
const REACH: Reach = {
  net: {
    loopbackListeners: { items: ['tcp/127.0.0.1/10248'], total: 1 },
    abstractSockets: 'unknown',
    interfaces: NONE,
  },
  pid: { hostProcesses: { items: ['kubelet'], total: 40 } },
  ipc: { sharedMemory: NONE, semaphores: NONE, messageQueues: NONE, posixQueues: NONE },
}
const PTRACE = '0000000000080000'
const HOST = { declared: 'host', observed: 'host' } as const

const all = container({ sharing: { net: HOST, pid: HOST, ipc: HOST, mnt: HOST } })

function hitOf(rule: Rule, given: Container, reach: Reach = REACH) {
  return rule.evaluate(snapshot({ containers: [given], reach }))[0]
}

t.test('each rule shows what its own kind reaches', async (t) => {
  t.strictSame(hitOf(sharedNetNamespace, all)?.evidence['reach'], REACH.net)
  t.strictSame(hitOf(sharedPidNamespace, all)?.evidence['reach'], { ...REACH.pid, mayTrace: 'own-uid' })
  t.strictSame(hitOf(sharedIpcNamespace, all)?.evidence['reach'], REACH.ipc)
  t.notOk('reach' in (hitOf(sharedMntNamespace, all)?.evidence ?? {}))
})

t.test('says nothing of what nobody read', async (t) => {
  t.notOk('reach' in (hitOf(sharedNetNamespace, all, {})?.evidence ?? {}))
  t.notOk('reach' in (hitOf(sharedPidNamespace, all, {})?.evidence ?? {}))
})

t.test('weighs an idle ipc namespace low, for an undeclared one a step more', async (t) => {
  const able = { privileges: privileges({ effectiveCapabilities: '000001ffffffffff' }) }
  const undeclared = container({ ...able, sharing: { ipc: { declared: 'private', observed: 'host' } } })

  t.equal(hitOf(sharedIpcNamespace, container({ ...able, sharing: { ipc: HOST } }))?.severity, 'low')
  t.equal(hitOf(sharedIpcNamespace, container({ ...able, sharing: { ipc: HOST } }), {})?.severity, 'medium')
  t.equal(hitOf(undeclaredSharing, undeclared)?.severity, 'medium')
  t.equal(hitOf(undeclaredSharing, undeclared, {})?.severity, 'high')
})

t.test('shows what is reached in the host’s namespace, not in another one’s', async (t) => {
  const undeclared = container({ sharing: { net: { declared: 'private', observed: 'host' } } })
  const elsewhere = container({ sharing: { net: { declared: 'private', observed: 'container:other' } } })
  const others = [{ relation: 'host', inode: 1, tasks: [], total: 1 }] as const
  const escaped = container({ sharing: { net: { declared: 'private', observed: 'mixed', others } } })

  t.strictSame(hitOf(undeclaredSharing, undeclared)?.evidence['reach'], REACH.net)
  t.notOk('reach' in (hitOf(undeclaredSharing, elsewhere)?.evidence ?? {}))
  t.strictSame(hitOf(escapedProcess, escaped)?.evidence['reach'], REACH.net)
})

t.test('tells whom a container may trace', async (t) => {
  const mapped = { userNs: { inode: 7, rootMapsTo: 100_000 }, sharing: { user: { observed: 'own' } } } as const
  const able = { privileges: privileges({ effectiveCapabilities: PTRACE }) }

  t.equal(tracingOf(container(able)), 'all')
  t.equal(tracingOf(container()), 'own-uid')
  t.equal(tracingOf(container({ privileges: privileges({ effectiveCapabilities: '0000000000200000' }) })), 'own-uid')
  t.equal(tracingOf(container({ ...mapped, ...able })), 'none')
  t.equal(tracingOf(container({ privileges: null })), 'unknown')
})
