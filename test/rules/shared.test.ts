import t from 'tap'
import type { Container, Pod, Sharing } from '../../src/model/container.ts'
import { sharedNetNamespace } from '../../src/rules/shared-net-namespace.ts'
import { container, type GivenContainer } from '../helpers/builders.ts'
import { namesHit } from '../helpers/hits.ts'

const HOST = { declared: 'host', observed: 'host' } as const

function pod(given: Partial<Pod> = {}): Pod {
  return { namespace: 'default', name: 'web-1', uid: 'uid-1', container: 'web', static: false, proof: 'cri', ...given }
}

/** A container of this name that shares what the host has. */
function named(name: string, given: GivenContainer = {}, net: Partial<Sharing> = HOST): Container {
  return container({ id: name.padEnd(64, '0'), name, sharing: { net }, ...given })
}

const TABLE: readonly (readonly [string, Partial<Sharing>, boolean])[] = [
  ['declared host', HOST, true],
  ['declared host, seen once: what was asked for needs no second look', { ...HOST, sightings: 1 }, true],
  ['declared by nobody, seen twice', { declared: 'unknown', observed: 'host' }, true],
  [
    'declared by nobody, seen once: a starting container looks the same',
    { declared: 'unknown', observed: 'host', sightings: 1 },
    false,
  ],
  ['declared by a path, which nobody resolves', { declared: 'path:/run/netns/x', observed: 'host' }, true],
  ['declared private: that is undeclared-sharing', { declared: 'private', observed: 'host' }, false],
  [
    'declared container:x that is declared host',
    { declared: 'container:x', observed: 'host', mainVerdict: 'as-declared' },
    true,
  ],
  ['declared container:x that is not', { declared: 'container:x', observed: 'host' }, false],
  ['declared host and in the kernel’s', { declared: 'host', observed: 'kernel' }, false],
  ['in the host’s, with other tasks elsewhere', { ...HOST, observed: 'mixed', main: 'host' }, true],
  ['elsewhere, with other tasks in the host’s', { declared: 'private', observed: 'mixed', main: 'own' }, false],
  ['unreadable', { declared: 'host', observed: 'unknown' }, false],
]

for (const [what, net, isHit] of TABLE) {
  t.test(`${isHit ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    t.strictSame(namesHit(sharedNetNamespace, named('web', {}, net)), isHit ? ['web'] : [])
    t.end()
  })
}

t.test('leaves a sandbox out where a container of its pod is hit', (t) => {
  const sandbox = named('pause', { role: 'sandbox', pod: pod({ container: 'POD' }) })
  const app = named('app', { pod: pod() })

  t.strictSame(namesHit(sharedNetNamespace, sandbox, app), ['app'])
  t.strictSame(namesHit(sharedNetNamespace, sandbox), ['pause'], 'alone it is all there is')
  t.strictSame(
    namesHit(sharedNetNamespace, sandbox, named('app', { pod: pod() }, {})),
    ['pause'],
    'or its container is not hit',
  )
  t.strictSame(namesHit(sharedNetNamespace, sandbox, named('app', { pod: pod({ uid: 'uid-2' }) })), ['pause', 'app'])
  t.end()
})

t.test('leaves a podman pod’s infra container out where a container that joins it is hit', (t) => {
  const runtime = { name: 'podman', socket: '/run/podman/podman.sock' } as const
  const infra = named('infra', { id: 'i'.repeat(64), role: 'sandbox', runtime })
  const app = named('app', { sandboxId: infra.id, runtime })
  const elsewhere = { ...runtime, socket: '/run/user/1000/podman/podman.sock', user: '1000' }

  t.strictSame(namesHit(sharedNetNamespace, infra, app), ['app'])
  t.strictSame(namesHit(sharedNetNamespace, infra), ['infra'], 'alone it is all there is')
  const stranger = named('stranger', { sandboxId: infra.id, runtime: elsewhere })
  t.strictSame(namesHit(sharedNetNamespace, infra, stranger), ['infra', 'stranger'], 'another runtime silences nobody')
  t.end()
})

t.test('lets no container pass for the sandbox of a pod by its labels', (t) => {
  const app = named('app', { pod: pod() })
  const impostor = named('impostor', { role: 'sandbox', pod: pod({ proof: 'claim' }) })

  t.strictSame(namesHit(sharedNetNamespace, app, impostor), ['app', 'impostor'])
  t.end()
})

t.test('lets no container silence a sandbox by its labels', (t) => {
  const sandbox = named('pause', { role: 'sandbox', pod: pod() })
  const claimant = named('claimant', { pod: pod({ proof: 'claim' }) })

  t.strictSame(namesHit(sharedNetNamespace, sandbox, claimant), ['pause', 'claimant'])
  t.end()
})

t.test('names every sandbox that has no pod', (t) => {
  t.strictSame(namesHit(sharedNetNamespace, named('pause', { role: 'sandbox' }), named('app')), ['pause', 'app'])
  t.end()
})
