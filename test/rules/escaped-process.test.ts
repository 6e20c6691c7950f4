import t from 'tap'
import type { OtherTasks, Relation, Sharing } from '../../src/model/container.ts'
import { escapedProcess } from '../../src/rules/escaped-process.ts'
import { container, HOST_INODES, privileges } from '../helpers/builders.ts'
import { hitsOf, namesHit } from '../helpers/hits.ts'

function others(relation: Relation, total = 1): OtherTasks {
  const task = { pid: 4712, tid: 4712, startTime: 9, comm: 'sh' }
  return { relation, inode: relation === 'host' ? HOST_INODES.net : 4026539999, tasks: [task], total }
}

const TABLE: readonly (readonly [string, Partial<Sharing>, boolean])[] = [
  ['with a task in the host’s', { others: [others('host')] }, true],
  ['with a task in the kernel’s', { others: [others('kernel')] }, true],
  ['that nobody declared, with a task in the host’s', { declared: 'unknown', others: [others('host')] }, true],
  ['with a task in the host’s, seen once', { others: [others('host')], sightings: 1 }, false],
  ['with a task in a namespace of its own', { others: [others('own')] }, false],
  ['with a task in another container’s', { others: [others(`container:${'c'.repeat(64)}`)] }, false],
  ['that is in the host’s itself', { declared: 'host', main: 'host', others: [others('own')] }, false],
  ['that is in the host’s itself, on a nested node', { main: 'kernel', others: [others('host')] }, false],
  ['whose main task could not be read', { main: 'unknown', others: [others('host')] }, false],
  ['without other tasks', { observed: 'own' }, false],
]

for (const [what, net, isHit] of TABLE) {
  t.test(`${isHit ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    const given = container({ sharing: { net: { observed: net.others ? 'mixed' : 'own', main: 'own', ...net } } })

    t.strictSame(namesHit(escapedProcess, given), isHit ? ['web'] : [])
    t.end()
  })
}

t.test('names the tasks, the namespace and both inodes', (t) => {
  const mixed = container({
    sharing: { net: { observed: 'mixed', main: 'own', others: [others('host', 3), others('own')] } },
  })

  t.match(hitsOf(escapedProcess, mixed), [
    {
      fact: 'net',
      summary: "3 task(s) of web are in the host's net namespace",
      evidence: { observed: 'mixed', hostInode: HOST_INODES.net, others: [{ tasks: [{ pid: 4712 }], total: 3 }, {}] },
    },
  ])
  t.end()
})

t.test('weighs one step more than the same namespace shared by declaration', (t) => {
  const severityWith = (effectiveCapabilities: string) =>
    hitsOf(
      escapedProcess,
      container({
        privileges: privileges({ effectiveCapabilities }),
        sharing: { net: { observed: 'mixed', main: 'own', others: [others('host')] } },
      }),
    )[0]?.severity

  t.equal(severityWith('0000000000002000'), 'critical')
  t.equal(severityWith('0000000000000000'), 'high')
  t.end()
})

t.test('weighs an escape out of a nested node most', (t) => {
  const given = container({
    sharing: { mnt: { observed: 'mixed', main: 'own', others: [others('kernel', 2), others('host')] } },
  })

  t.match(hitsOf(escapedProcess, given), [
    { severity: 'critical', summary: "2 + 1 task(s) of web are in the kernel's initial mnt namespace" },
  ])
  t.end()
})
