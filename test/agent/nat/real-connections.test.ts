import t from 'tap'
import { followPacket } from '../../../src/agent/nat/follow.ts'
import { listMappings } from '../../../src/agent/nat/mappings.ts'
import type { NatPacket, NatRoute } from '../../../src/model/nat.ts'
import { LAB, startLab, whyNoLab } from '../../helpers/nat-lab.ts'
import { kubeProxyNft, POD_ID, portmap, RULE_SETS } from '../../helpers/nat-rule-sets.ts'

t.setTimeout(240_000)

t.test('says of each rule set who answers a real connection', { skip: whyNoLab() }, async (t) => {
  const lab = await startLab(t)

  for (const [title, { script, packets }] of Object.entries(RULE_SETS)) {
    t.test(title, async (t) => {
      await lab.apply(script)
      const asked = Object.entries(packets).map(([written, expected]) => ({
        packet: packetOf(written),
        written,
        expected,
      }))

      const { report, answers } = await lab.look(asked.map(({ packet }) => packet))

      t.strictSame(report.gaps, [])
      for (const [index, { packet, written, expected }] of asked.entries()) {
        const route = followPacket(report.ruleset, packet, LAB.local)
        t.equal(wordsOf(route), expected, `${written}: as expected`)
        if (route.outcome !== 'unknown')
          t.ok(answersOf(route, packet).includes(answers[index] ?? ''), `${written}: ${answers[index]} answers`)
      }
    })
  }

  t.test("tells whose the mappings of CNI's portmap are", async (t) => {
    await lab.apply(portmap)

    const { report } = await lab.look([])

    const rows = listMappings(report.ruleset).mappings.map(
      ({ mechanism, containerHint, protocol, hostAddress, hostPort }) =>
        [mechanism, containerHint, `${protocol}/${hostAddress}/${hostPort}`].join(' '),
    )
    t.strictSame(rows.toSorted(), [
      `cni-portmap-iptables ${POD_ID} tcp/0.0.0.0/8000`,
      `cni-portmap-iptables ${POD_ID} tcp/127.0.0.1/8001`,
      `cni-portmap-iptables ${POD_ID} udp/0.0.0.0/8002`,
    ])
  })

  t.test('shares the connections to a node port of kube-proxy among its endpoints', async (t) => {
    await lab.apply(kubeProxyNft)
    const packet = packetOf('outside tcp 192.0.2.2 30080')

    const { report, answers } = await lab.look(Array.from({ length: 40 }, () => packet))

    t.match(followPacket(report.ruleset, packet, LAB.local), {
      outcome: 'sent',
      targets: [
        { address: '10.9.0.1', port: 80, weight: 0.5 },
        { address: '10.9.0.2', port: 81, weight: 0.5 },
      ],
    })
    t.strictSame([...new Set(answers)].toSorted(), ['a 80', 'b 81'])
  })
})

/** Reads `outside tcp 192.0.2.2 80`. */
function packetOf(written: string): NatPacket {
  const [from, protocol, address = '', port] = written.split(' ')
  return {
    from: from === 'outside' ? 'outside' : 'node',
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    address,
    port: Number(port),
  }
}

function wordsOf(route: NatRoute): string {
  if (route.outcome !== 'sent') return route.outcome
  return [...new Set(route.targets.map(nameOf))].join(' or ')
}

/** What may be heard where a packet comes to. */
function answersOf(route: NatRoute, { port }: NatPacket): string[] {
  if (route.outcome === 'sent') return route.targets.map(nameOf)
  return route.outcome === 'dropped' ? ['lost'] : [`node ${port}`, 'refused']
}

function nameOf({ address, port }: { readonly address: string; readonly port: number }): string {
  const container = Object.entries(LAB.names).find(([known]) => known === address)?.[1]
  return `${container ?? 'node'} ${port}`
}
