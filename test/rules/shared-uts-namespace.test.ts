import t from 'tap'
import type { Pod } from '../../src/model/container.ts'
import { sharedNetNamespace } from '../../src/rules/shared-net-namespace.ts'
import { sharedUtsNamespace } from '../../src/rules/shared-uts-namespace.ts'
import { container, type GivenContainer, privileges } from '../helpers/builders.ts'
import { hitsOf, namesHit } from '../helpers/hits.ts'

const HOST = { declared: 'host', observed: 'host' } as const
const POD: Pod = { namespace: 'default', name: 'web-1', uid: 'uid-1', container: 'web', static: false, proof: 'cri' }
const UID = '6f1b1f6e-0000-4000-8000-000000000001'

const TABLE: readonly (readonly [string, GivenContainer, boolean])[] = [
  ['that asked for it', { sharing: { uts: HOST } }, true],
  ['of Docker’s that asked for it and for the host’s network', { sharing: { uts: HOST, net: HOST } }, true],
  ['of a pod with hostNetwork, which uts follows', { pod: POD, sharing: { uts: HOST, net: HOST } }, false],
  ['of a pod that only its cgroup tells of, likewise', { podUid: UID, sharing: { uts: HOST, net: HOST } }, false],
  ['of a pod with a network of its own', { pod: POD, sharing: { uts: HOST } }, true],
  ['that only labels itself a pod’s', { pod: { ...POD, proof: 'claim' }, sharing: { uts: HOST, net: HOST } }, true],
  ['that was declared otherwise', { sharing: { uts: { observed: 'host' } } }, false],
  ['of which nobody tells, seen once', { sharing: { uts: { ...HOST, declared: 'unknown', sightings: 1 } } }, false],
  ['with a name of its own', {}, false],
  ['that could not be read', { sharing: { uts: { declared: 'host', observed: 'unknown' } } }, false],
]

for (const [what, given, isHit] of TABLE) {
  t.test(`${isHit ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    t.strictSame(namesHit(sharedUtsNamespace, container(given)), isHit ? ['web'] : [])
    t.end()
  })
}

t.test('leaves the uts namespace of a hostNetwork pod to the evidence of its network', (t) => {
  const pod = container({ pod: POD, sharing: { uts: HOST, net: HOST } })

  t.match(hitsOf(sharedNetNamespace, pod)[0]?.evidence, { uts: 'host' })
  t.notOk('uts' in (hitsOf(sharedNetNamespace, container({ sharing: { net: HOST } }))[0]?.evidence ?? {}))
  t.end()
})

t.test('weighs more with the capability to rename the host', (t) => {
  const severityWith = (effectiveCapabilities: string) =>
    hitsOf(
      sharedUtsNamespace,
      container({ privileges: privileges({ effectiveCapabilities }), sharing: { uts: HOST } }),
    )[0]?.severity

  t.equal(severityWith('0000000000200000'), 'medium')
  t.equal(severityWith('00000000a80425fb'), 'low')
  t.end()
})
