import t from 'tap'
import type { Sharing } from '../../src/model/container.ts'
import type { Node } from '../../src/model/node.ts'
import { sharedCgroupNamespace } from '../../src/rules/shared-cgroup-namespace.ts'
import { container, node, privileges, snapshot } from '../helpers/builders.ts'

const HOST = { declared: 'host', observed: 'host' } as const

function namesOn(cgroups: Node['cgroups'], cgroup: Partial<Sharing>) {
  const given = snapshot({ node: node({ cgroups }), containers: [container({ sharing: { cgroup } })] })
  return sharedCgroupNamespace.evaluate(given).map(({ subject }) => subject.containerName)
}

t.test('hits a container in the host’s cgroup namespace where cgroup v2 is alone', (t) => {
  t.strictSame(namesOn('v2', HOST), ['web'])
  t.end()
})

for (const cgroups of ['v1', 'hybrid', 'unknown'] as const) {
  t.test(`stays silent on ${cgroups} cgroups, where it is the normal state or nobody knows`, (t) => {
    t.strictSame(namesOn(cgroups, HOST), [])
    t.end()
  })
}

t.test(
  'stays silent about one of its own, one unread, one declared otherwise and one that nobody tells of, seen once',
  (t) => {
    t.strictSame(namesOn('v2', {}), [])
    t.strictSame(namesOn('v2', { declared: 'host', observed: 'unknown' }), [])
    t.strictSame(namesOn('v2', { declared: 'private', observed: 'host' }), [])
    t.strictSame(namesOn('v2', { declared: 'unknown', observed: 'host', sightings: 1 }), [])
    t.strictSame(namesOn('v2', { declared: 'unknown', observed: 'host', sightings: 2 }), ['web'])
    t.end()
  },
)

t.test('stays silent about a proven pod’s, where runtimes do it for what is privileged', (t) => {
  const given = container({ podUid: 'uid-1', sharing: { cgroup: HOST } })

  t.strictSame(sharedCgroupNamespace.evaluate(snapshot({ containers: [given] })), [])
  t.end()
})

t.test('weighs little', (t) => {
  const severityWith = (effectiveCapabilities: string) => {
    const given = container({ privileges: privileges({ effectiveCapabilities }), sharing: { cgroup: HOST } })
    return sharedCgroupNamespace.evaluate(snapshot({ containers: [given] }))[0]?.severity
  }

  t.equal(severityWith('0000000000200000'), 'low')
  t.equal(severityWith('00000000a80425fb'), 'info')
  t.end()
})
