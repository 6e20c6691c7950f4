import t from 'tap'
import type { HeldSocket } from '../../src/model/container.ts'
import { heldHostNamespace } from '../../src/rules/held-host-namespace.ts'
import { container, HOST_INODES, privileges } from '../helpers/builders.ts'
import { hitsOf } from '../helpers/hits.ts'

const TASK = { pid: 4711, tid: 4711, startTime: 1, comm: 'web' }

function socket(given: Partial<HeldSocket> = {}): HeldSocket {
  return { protocol: 'tcp', address: '0.0.0.0', port: 8080, socketInode: 42, tasks: [TASK], total: 1, ...given }
}

t.test('hits once for each address and port of the host’s that an isolated container listens on', async (t) => {
  const heldSockets = [socket(), socket({ socketInode: 43 }), socket({ protocol: 'udp', address: '::1', port: 53 })]

  t.match(hitsOf(heldHostNamespace, container({ heldSockets })), [
    {
      fact: 'tcp/0.0.0.0/8080',
      severity: 'medium',
      summary: "web holds a socket that listens in the host's net namespace, which it is not in: tcp 0.0.0.0 port 8080",
      evidence: { inode: HOST_INODES.net, sockets: [{ socketInode: 42 }, { socketInode: 43 }], tasks: [TASK, TASK] },
    },
    { fact: 'udp/::1/53', evidence: { sockets: [{ port: 53, total: 1 }] } },
  ])
})

t.test('takes ports of the ephemeral range for one fact, and none beside it', async (t) => {
  const at = (...ports: readonly number[]) => ports.map((port) => socket({ port }))
  const facts = (...ports: readonly number[]) =>
    hitsOf(heldHostNamespace, container({ heldSockets: at(...ports) })).map(({ fact }) => fact)

  t.strictSame(facts(32_768, 60_999), ['tcp/ephemeral'])
  t.strictSame(facts(32_767, 61_000), ['tcp/0.0.0.0/32767', 'tcp/0.0.0.0/61000'])
})

t.test('weighs a socket more where it gives the namespace away, or nobody knows', async (t) => {
  const heldSockets = [socket()]
  const admin = privileges({ effectiveCapabilities: '0000000000001000' })
  const severities = [container({ heldSockets, privileges: admin }), container({ heldSockets, privileges: null })].map(
    (one) => hitsOf(heldHostNamespace, one)[0]?.severity,
  )

  t.strictSame(severities, ['high', 'high'])
})

t.test('stays silent about a container that holds none', async (t) => {
  t.strictSame(hitsOf(heldHostNamespace, container(), container({ heldSockets: [] })), [])
})
