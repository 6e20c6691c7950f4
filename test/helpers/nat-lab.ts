import { execa } from 'execa'
import type { Test } from 'tap'
import type { NatPacket } from '../../src/model/nat.ts'
import type { NatReport } from '../../src/sources/source.ts'
import { isInstalled, PATH } from './commands.ts'
import { start, unshared, whyNoNamespaces } from './namespaces.ts'

/** The node's addresses in the lab, and by which name answers come from where. */
export const LAB = {
  node: { ipv4: '192.0.2.2', ipv6: 'fd00:2::2' },
  local: ['192.0.2.2', 'fd00:2::2', '10.9.0.254', 'fd00:9::fe'],
  names: { '10.9.0.1': 'a', '10.9.0.2': 'b', 'fd00:9::1': 'a', 'fd00:9::2': 'b' },
} as const

/** A node between a client outside and two containers, each in a net namespace of its own. */
export interface Lab {
  /** Takes the rules of before away, and runs a script on the node. */
  apply(script: string): Promise<void>
  /** Reads the node's rules, and asks every packet from where it comes. */
  look(packets: readonly NatPacket[]): Promise<{ readonly report: NatReport; readonly answers: readonly string[] }>
}

const PORTMAP = '/usr/lib/cni/portmap'

/** Says why there can be no lab here, or false when there can. */
export function whyNoLab(): string | false {
  const missing = ['ip', 'nft', 'iptables-nft', 'iptables-legacy', PORTMAP].filter((command) => !isInstalled(command))
  return whyNoNamespaces() || (missing.length > 0 && `not installed: ${missing.join(', ')}`)
}

/** Answers come back by the way they went, as every manager of such rules arranges. */
const CLEAN = `
nft flush ruleset
for family in ip ip6; do
  if grep -qs nat /proc/net/\${family}_tables_names; then
    \${family}tables-legacy -t nat -F && \${family}tables-legacy -t nat -X
  fi
done
echo 0 > /proc/sys/net/ipv4/conf/all/route_localnet
echo 0 > /proc/sys/net/ipv4/conf/br0/route_localnet
nft -f - <<'END'
table inet lab {
  chain post { type nat hook postrouting priority 100
    oifname "br0" masquerade
  }
}
END
`

export async function startLab(t: Test): Promise<Lab> {
  const [client, node, a, b] = await Promise.all([
    unshared(t, '--net'),
    unshared(t, '--net'),
    unshared(t, '--net'),
    unshared(t, '--net'),
  ])
  const on = (pid: number, script: string) => inNet(pid, 'sh', '-euc', script)
  await on(
    node.pid,
    `
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    ip link set lo up
    ip link add eth0 type veth peer name eth0 netns ${client.pid}
    ip link add br0 type bridge
    ip link add va type veth peer name eth0 netns ${a.pid}
    ip link add vb type veth peer name eth0 netns ${b.pid}
    ip link set va master br0; ip link set vb master br0
    ${up('eth0', '192.0.2.2', 'fd00:2::2')}
    ${up('br0', '10.9.0.254', 'fd00:9::fe')}
    ip link set va up; ip link set vb up`,
  )
  await on(
    client.pid,
    `ip link set lo up; ${up('eth0', '192.0.2.1', 'fd00:2::1')}; ip route add default via 192.0.2.2; ip route add default via fd00:2::2`,
  )
  await on(a.pid, `ip link set lo up; ${up('eth0', '10.9.0.1', 'fd00:9::1')}`)
  await on(b.pid, `ip link set lo up; ${up('eth0', '10.9.0.2', 'fd00:9::2')}`)
  await Promise.all([serve(t, a.pid, 'a'), serve(t, b.pid, 'b'), serve(t, node.pid, 'node')])
  return {
    apply: async (script) => {
      await on(node.pid, CLEAN + script)
    },
    look: async (packets) => {
      const from = (place: NatPacket['from']) => packets.filter((packet) => packet.from === place)
      const [outside, inside] = await Promise.all([
        lookFrom(client.pid, from('outside')),
        lookFrom(node.pid, from('node')),
      ])
      const answers = { outside: [...outside.answers], node: [...inside.answers] }
      return { report: inside.report, answers: packets.map((packet) => answers[packet.from].shift() ?? '') }
    },
  }
}

function up(device: string, ipv4: string, ipv6: string): string {
  return `ip addr add ${ipv4}/24 dev ${device}; ip addr add ${ipv6}/64 dev ${device} nodad; ip link set ${device} up`
}

async function serve(t: Test, pid: number, name: string): Promise<void> {
  const script = new URL('./nat-server.ts', import.meta.url).pathname
  await start(t, 'nsenter', `--net=/proc/${pid}/ns/net`, process.execPath, script, name, '80', '81', '85', '8000')
}

async function lookFrom(pid: number, packets: readonly NatPacket[]): Promise<{ report: NatReport; answers: string[] }> {
  const script = new URL('./nat-child.ts', import.meta.url).pathname
  return JSON.parse(await inNet(pid, process.execPath, script, JSON.stringify(packets)))
}

/** Runs a program in the net namespace of a process. */
async function inNet(pid: number, ...command: readonly string[]): Promise<string> {
  const { stdout } = await execa('nsenter', [`--net=/proc/${pid}/ns/net`, ...command], {
    env: { PATH, NODE_OPTIONS: '' },
  })
  return stdout
}
