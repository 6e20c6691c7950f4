import t from 'tap'
import { sharedIpcNamespace } from '../../src/rules/shared-ipc-namespace.ts'
import { container, HOST_INODES, privileges } from '../helpers/builders.ts'
import { hitsOf } from '../helpers/hits.ts'

const shared = container({ sharing: { ipc: { declared: 'host', declaredBy: 'docker HostConfig', observed: 'host' } } })

t.test('hits a container in the host’s IPC namespace, with the proof', (t) => {
  const [hit, ...others] = hitsOf(sharedIpcNamespace, shared)

  t.match(hit, {
    subject: { type: 'container', containerId: shared.id, containerName: 'web' },
    fact: 'ipc',
    summary: "web runs in the host's IPC namespace",
    evidence: {
      declared: 'host',
      declaredBy: 'docker HostConfig',
      observed: 'host',
      inode: HOST_INODES.ipc,
      hostInode: HOST_INODES.ipc,
      privileges: privileges(),
      rootMapsTo: 0,
    },
  })
  t.strictSame(others, [])
  t.end()
})

t.test('stays silent about a container with its own IPC namespace, whatever else it shares', (t) => {
  const other = container({
    sharing: { net: { declared: 'host', observed: 'host' }, pid: { declared: 'host', observed: 'host' } },
  })

  t.strictSame(hitsOf(sharedIpcNamespace, other), [])
  t.end()
})

t.test('stays silent where nobody could look', (t) => {
  const unread = container({ sharing: { ipc: { declared: 'host', observed: 'unknown' } } })

  t.strictSame(hitsOf(sharedIpcNamespace, unread), [])
  t.end()
})

t.test('weighs with one capability medium, without low', (t) => {
  const severities = ['0000000000008000', '0000000000000000'].map(
    (effectiveCapabilities) =>
      hitsOf(sharedIpcNamespace, { ...shared, privileges: privileges({ effectiveCapabilities }) })[0]?.severity,
  )

  t.strictSame(severities, ['medium', 'low'])
  t.end()
})
