import t from 'tap'
import { sharedNetNamespace } from '../../src/rules/shared-net-namespace.ts'
import { container, HOST_INODES, privileges } from '../helpers/builders.ts'
import { hitsOf } from '../helpers/hits.ts'

const shared = container({ sharing: { net: { declared: 'host', declaredBy: 'docker HostConfig', observed: 'host' } } })

t.test('hits a container in the host’s network namespace, with the proof', (t) => {
  const [hit, ...others] = hitsOf(sharedNetNamespace, shared)

  t.match(hit, {
    subject: { type: 'container', containerId: shared.id, containerName: 'web' },
    fact: 'net',
    summary: "web runs in the host's network namespace",
    evidence: {
      declared: 'host',
      declaredBy: 'docker HostConfig',
      observed: 'host',
      inode: HOST_INODES.net,
      hostInode: HOST_INODES.net,
      privileges: privileges(),
      rootMapsTo: 0,
    },
  })
  t.strictSame(others, [])
  t.end()
})

t.test('stays silent about a container with its own network namespace, whatever else it shares', (t) => {
  const other = container({
    sharing: { pid: { declared: 'host', observed: 'host' }, ipc: { declared: 'host', observed: 'host' } },
  })

  t.strictSame(hitsOf(sharedNetNamespace, other), [])
  t.end()
})

t.test('stays silent where nobody could look', (t) => {
  const unread = container({ sharing: { net: { declared: 'host', observed: 'unknown' } } })

  t.strictSame(hitsOf(sharedNetNamespace, unread), [])
  t.end()
})

t.test('weighs with one capability high, without medium', (t) => {
  const severities = ['0000000000002000', '0000000000000000'].map(
    (effectiveCapabilities) =>
      hitsOf(sharedNetNamespace, { ...shared, privileges: privileges({ effectiveCapabilities }) })[0]?.severity,
  )

  t.strictSame(severities, ['high', 'medium'])
  t.end()
})
