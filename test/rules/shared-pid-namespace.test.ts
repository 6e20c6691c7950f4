import t from 'tap'
import { sharedPidNamespace } from '../../src/rules/shared-pid-namespace.ts'
import { container, HOST_INODES, privileges } from '../helpers/builders.ts'
import { hitsOf } from '../helpers/hits.ts'

const shared = container({ sharing: { pid: { declared: 'host', declaredBy: 'docker HostConfig', observed: 'host' } } })

t.test('hits a container in the host’s PID namespace, with the proof', (t) => {
  const [hit, ...others] = hitsOf(sharedPidNamespace, shared)

  t.match(hit, {
    subject: { type: 'container', containerId: shared.id, containerName: 'web' },
    fact: 'pid',
    summary: "web runs in the host's PID namespace",
    evidence: {
      declared: 'host',
      declaredBy: 'docker HostConfig',
      observed: 'host',
      inode: HOST_INODES.pid,
      hostInode: HOST_INODES.pid,
      privileges: privileges(),
      rootMapsTo: 0,
    },
  })
  t.strictSame(others, [])
  t.end()
})

t.test('stays silent about a container with its own PID namespace, whatever else it shares', (t) => {
  const other = container({
    sharing: { net: { declared: 'host', observed: 'host' }, ipc: { declared: 'host', observed: 'host' } },
  })

  t.strictSame(hitsOf(sharedPidNamespace, other), [])
  t.end()
})

t.test('stays silent where nobody could look', (t) => {
  const unread = container({ sharing: { pid: { declared: 'host', observed: 'unknown' } } })

  t.strictSame(hitsOf(sharedPidNamespace, unread), [])
  t.end()
})

t.test('weighs with one capability critical, without high', (t) => {
  const severities = ['0000000000080000', '0000000000000000'].map(
    (effectiveCapabilities) =>
      hitsOf(sharedPidNamespace, { ...shared, privileges: privileges({ effectiveCapabilities }) })[0]?.severity,
  )

  t.strictSame(severities, ['critical', 'high'])
  t.end()
})
