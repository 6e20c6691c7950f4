/** Rules, and where each packet comes to: `who port`, `local` (whoever listens), `dropped` or `unknown`. */
export interface RuleSet {
  readonly script: string
  readonly packets: Readonly<Record<string, string>>
}

const docker = (iptables: string) => `
${iptables} -t nat -N DOCKER
${iptables} -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
${iptables} -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
${iptables} -t nat -A DOCKER -i br0 -j RETURN
${iptables} -t nat -A DOCKER ! -i br0 -p tcp --dport 8000 -j DNAT --to-destination 10.9.0.1:80
`

const DOCKER_PACKETS = {
  'outside tcp 192.0.2.2 8000': 'a 80',
  'node tcp 192.0.2.2 8000': 'a 80',
  'node tcp 127.0.0.1 8000': 'local',
  'outside tcp 192.0.2.2 81': 'local',
  'outside tcp 192.0.2.2 9999': 'local',
}

const SIMPLE = 'iptables-nft -t nat -A PREROUTING -p tcp --dport 8000 -j DNAT --to-destination'

const nativeAt = (priority: number, hook = 'prerouting') => `
nft add table ip native
nft add chain ip native ${hook} '{ type nat hook ${hook} priority ${priority}; }'
nft add rule ip native ${hook} tcp dport 8000 dnat to 10.9.0.2:81
`

const kubeIptables = `
for chain in KUBE-SERVICES KUBE-NODEPORTS KUBE-EXT-A KUBE-SVC-A KUBE-SEP-A KUBE-SEP-B KUBE-MARK-MASQ; do iptables-nft -t nat -N $chain; done
add() { iptables-nft -t nat -A "$@"; }
add KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
add PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
add OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
add KUBE-SERVICES -d 10.96.0.5/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-A
add KUBE-SERVICES -d 203.0.113.9/32 -p tcp -m comment --comment "default/web external IP" -m tcp --dport 80 -j KUBE-EXT-A
add KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
add KUBE-NODEPORTS -p tcp -m comment --comment "default/web" -m tcp --dport 30080 -j KUBE-EXT-A
add KUBE-EXT-A -j KUBE-MARK-MASQ
add KUBE-EXT-A -j KUBE-SVC-A
add KUBE-SVC-A ! -s 10.9.0.0/16 -d 10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
add KUBE-SVC-A -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
add KUBE-SVC-A -j KUBE-SEP-B
add KUBE-SEP-A -s 10.9.0.1/32 -j KUBE-MARK-MASQ
add KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.9.0.1:80
add KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.9.0.2:81
`

const KUBE_PACKETS = {
  'outside tcp 192.0.2.2 30080': 'a 80 or b 81',
  'node tcp 192.0.2.2 30080': 'a 80 or b 81',
  'outside tcp 10.96.0.5 80': 'a 80 or b 81',
  'outside tcp 203.0.113.9 80': 'a 80 or b 81',
  'outside tcp 192.0.2.2 30081': 'local',
}

/** What kube-proxy makes in its nftables mode, of one Service with two endpoints. */
export const kubeProxyNft = `
nft -f - <<'END'
table ip kube-proxy {
  set nodeport-ips { type ipv4_addr; elements = { 192.0.2.2 } }
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.96.0.5 . tcp . 80 : goto service-ULMVA6XW-default/web/tcp/http, 203.0.113.9 . tcp . 80 : goto external-ULMVA6XW-default/web/tcp/http } }
  map service-nodeports { type inet_proto . inet_service : verdict
    elements = { tcp . 30080 : goto external-ULMVA6XW-default/web/tcp/http } }
  chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
  chain nat-prerouting { type nat hook prerouting priority dstnat
    jump services
  }
  chain nat-output { type nat hook output priority -100
    jump services
  }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }
  chain service-ULMVA6XW-default/web/tcp/http {
    ip daddr 10.96.0.5 tcp dport 80 ip saddr != 10.9.0.0/16 jump mark-for-masquerade
    numgen random mod 2 vmap { 0 : goto endpoint-A-default/web/tcp/http__10.9.0.1/80, 1 : goto endpoint-B-default/web/tcp/http__10.9.0.2/81 }
  }
  chain external-ULMVA6XW-default/web/tcp/http { jump mark-for-masquerade
    goto service-ULMVA6XW-default/web/tcp/http
  }
  chain endpoint-A-default/web/tcp/http__10.9.0.1/80 { ip saddr 10.9.0.1 jump mark-for-masquerade
    meta l4proto tcp dnat to 10.9.0.1:80
  }
  chain endpoint-B-default/web/tcp/http__10.9.0.2/81 { ip saddr 10.9.0.2 jump mark-for-masquerade
    meta l4proto tcp dnat to 10.9.0.2:81
  }
}
END
`

const loopback =
  'iptables-nft -t nat -A OUTPUT -d 127.0.0.0/8 -p tcp --dport 8000 -j DNAT --to-destination 10.9.0.1:80\n'

const portMappings = [
  { hostPort: 8000, containerPort: 80, protocol: 'tcp' },
  { hostPort: 8002, containerPort: 85, protocol: 'udp' },
  { hostPort: 8001, containerPort: 81, protocol: 'tcp', hostIP: '127.0.0.1' },
]

/** What a runtime hands to the plugin after it has made the container's interface. */
const network = {
  cniVersion: '0.4.0',
  name: 'podnet',
  type: 'portmap',
  snat: true,
  runtimeConfig: { portMappings },
  prevResult: {
    cniVersion: '0.4.0',
    interfaces: [{ name: 'eth0', sandbox: '/proc/self/ns/net' }],
    ips: [{ version: '4', interface: 0, address: '10.9.0.1/24' }],
  },
}

export const POD_ID = 'c0ffee'.padEnd(64, '0')

/** The real plugin. */
export const portmap = `
export CNI_COMMAND=ADD CNI_CONTAINERID=${POD_ID} CNI_NETNS=/proc/self/ns/net CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni
/usr/lib/cni/portmap <<'END' >/dev/null
${JSON.stringify(network)}
END
`

export const RULE_SETS: Readonly<Record<string, RuleSet>> = {
  'no rules': { script: '', packets: { 'outside tcp 192.0.2.2 8000': 'local', 'node tcp 127.0.0.1 9999': 'local' } },
  'Docker by iptables-nft': { script: docker('iptables-nft'), packets: DOCKER_PACKETS },
  'Docker by iptables-legacy': { script: docker('iptables-legacy'), packets: DOCKER_PACKETS },
  'two rules for one port': {
    script: `${SIMPLE} 10.9.0.1:80\n${SIMPLE} 10.9.0.2:81`,
    packets: { 'outside tcp 192.0.2.2 8000': 'a 80', 'node tcp 192.0.2.2 8000': 'local' },
  },
  'two rules for one port, the other way round': {
    script: `${SIMPLE} 10.9.0.2:81\n${SIMPLE} 10.9.0.1:80`,
    packets: { 'outside tcp 192.0.2.2 8000': 'b 81' },
  },
  'a chain of Docker before one of another manager': {
    script: `${docker('iptables-nft')}${SIMPLE} 10.9.0.2:81`,
    packets: { 'outside tcp 192.0.2.2 8000': 'a 80' },
  },
  'a chain of another manager before that of Docker': {
    script: `${SIMPLE} 10.9.0.2:81${docker('iptables-nft')}`,
    packets: { 'outside tcp 192.0.2.2 8000': 'b 81' },
  },
  'a table of nft asked before iptables': {
    script: `${SIMPLE} 10.9.0.1:80${nativeAt(-110)}`,
    packets: { 'outside tcp 192.0.2.2 8000': 'b 81' },
  },
  'a table of nft asked after iptables': {
    script: `${nativeAt(-90)}${SIMPLE} 10.9.0.1:80`,
    packets: { 'outside tcp 192.0.2.2 8000': 'a 80' },
  },
  'a table of nft with the priority of iptables': {
    script: `${nativeAt(-100)}${SIMPLE} 10.9.0.1:80`,
    packets: { 'outside tcp 192.0.2.2 8000': 'unknown', 'outside tcp 192.0.2.2 81': 'local' },
  },
  'accepting in one table does not keep another from deciding': {
    script: `nft add table ip early; nft add chain ip early pre '{ type nat hook prerouting priority -150; }'
      nft add rule ip early pre tcp dport 8000 accept
      ${SIMPLE} 10.9.0.1:80`,
    packets: { 'outside tcp 192.0.2.2 8000': 'a 80' },
  },
  'kube-proxy by iptables': {
    script: kubeIptables,
    packets: { ...KUBE_PACKETS, 'node tcp 127.0.0.1 30080': 'dropped' },
  },
  'kube-proxy by iptables, with route_localnet': {
    script: `${kubeIptables}\necho 1 > /proc/sys/net/ipv4/conf/all/route_localnet`,
    packets: { 'node tcp 127.0.0.1 30080': 'a 80 or b 81', 'outside tcp 192.0.2.2 30080': 'a 80 or b 81' },
  },
  'kube-proxy by nftables': { script: kubeProxyNft, packets: { ...KUBE_PACKETS, 'node tcp 127.0.0.1 30080': 'local' } },
  "CNI's portmap": {
    script: portmap,
    packets: {
      'outside tcp 192.0.2.2 8000': 'a 80',
      'node tcp 192.0.2.2 8000': 'a 80',
      'node tcp 127.0.0.1 8000': 'a 80',
      'outside udp 192.0.2.2 8002': 'a 85',
      'outside tcp 192.0.2.2 8001': 'local',
      'node tcp 127.0.0.1 8001': 'a 81',
    },
  },
  'loopback sent away': {
    script: loopback,
    packets: { 'node tcp 127.0.0.1 8000': 'dropped', 'node tcp 192.0.2.2 8000': 'local' },
  },
  'loopback sent away, with route_localnet of the bridge': {
    script: `${loopback}echo 1 > /proc/sys/net/ipv4/conf/br0/route_localnet`,
    packets: { 'node tcp 127.0.0.1 8000': 'a 80' },
  },
  'redirects, of both families': {
    script: `for tool in iptables-nft ip6tables-nft; do for chain in PREROUTING OUTPUT; do
      $tool -t nat -A $chain -p tcp --dport 9000 -j REDIRECT --to-ports 81
      $tool -t nat -A $chain -p udp --dport 9000 -j REDIRECT --to-ports 85
    done; done`,
    packets: {
      'outside tcp 192.0.2.2 9000': 'node 81',
      'outside udp 192.0.2.2 9000': 'node 85',
      'outside tcp fd00:2::2 9000': 'node 81',
      'node tcp 127.0.0.1 9000': 'node 81',
      'node tcp 192.0.2.2 9000': 'node 81',
      'node udp 127.0.0.1 9000': 'node 85',
      'node tcp ::1 9000': 'node 81',
    },
  },
  'IPv6, from loopback too': {
    script: `for chain in PREROUTING OUTPUT; do ip6tables-nft -t nat -A $chain -p tcp --dport 8000 -j DNAT --to-destination [fd00:9::1]:80; done`,
    packets: {
      'outside tcp fd00:2::2 8000': 'a 80',
      'node tcp fd00:2::2 8000': 'a 80',
      'node tcp ::1 8000': 'dropped',
      'outside tcp 192.0.2.2 8000': 'local',
    },
  },
  'ports in ranges, kept, shifted or the first': {
    script: `
      iptables-nft -t nat -A PREROUTING -p tcp --dport 8000:8010 -j DNAT --to-destination 10.9.0.1:80-90/8000
      iptables-nft -t nat -A PREROUTING -p tcp --dport 81 -j DNAT --to-destination 10.9.0.2:80-85
      iptables-nft -t nat -A PREROUTING -p tcp --dport 7000 -j DNAT --to-destination 10.9.0.2:80-85`,
    packets: {
      'outside tcp 192.0.2.2 8005': 'a 85',
      'outside tcp 192.0.2.2 8000': 'a 80',
      'outside tcp 192.0.2.2 81': 'b 81',
      'outside tcp 192.0.2.2 7000': 'b 80',
    },
  },
  'returns, gotos and interfaces': {
    script: `
      iptables-nft -t nat -N SIDE
      iptables-nft -t nat -A SIDE -p tcp --dport 80 -j RETURN
      iptables-nft -t nat -A SIDE -p tcp --dport 81 -j ACCEPT
      iptables-nft -t nat -A SIDE ! -i br0 -p tcp --dport 85 -j DNAT --to-destination 10.9.0.1:85
      for chain in PREROUTING OUTPUT; do
        iptables-nft -t nat -A $chain -p udp -g SIDE
        iptables-nft -t nat -A $chain -p tcp -j SIDE
        iptables-nft -t nat -A $chain -d 192.0.2.2/32 -p tcp -m multiport --dports 80,81,8000 -j DNAT --to-destination 10.9.0.2
        iptables-nft -t nat -A $chain -p udp -j DNAT --to-destination 10.9.0.2
      done`,
    packets: {
      'outside tcp 192.0.2.2 80': 'b 80',
      'outside tcp 192.0.2.2 81': 'local',
      'outside tcp 192.0.2.2 85': 'a 85',
      'node tcp 192.0.2.2 85': 'a 85',
      'node tcp 192.0.2.2 8000': 'b 8000',
      'node tcp 127.0.0.1 8000': 'local',
      'outside udp 192.0.2.2 80': 'local',
    },
  },
  'maps of nft': {
    script: `nft -f - <<'END'
table inet maps {
  map hosts { type inet_service : ipv4_addr . inet_service; elements = { 7000 : 10.9.0.1 . 80, 7001 : 10.9.0.2 . 81 } }
  set closed { type inet_service; flags interval; elements = { 7100-7199 } }
  chain side { iifname "br0" return
    tcp dport 7300 dnat ip to 10.9.0.2:80
  }
  chain pre { type nat hook prerouting priority dstnat; policy accept
    tcp dport @closed drop
    dnat ip addr . port to tcp dport map @hosts
    ip daddr . tcp dport { 192.0.2.2 . 7200, 10.0.0.0/8 . 1-99 } redirect to :81
    fib daddr type local tcp dport vmap { 7300 : jump side, 8000 : accept }
    meta nfproto ipv6 tcp dport 8000 dnat ip6 to [fd00:9::2]:81
    tcp dport 8000 redirect to :85
  }
}
END`,
    packets: {
      'outside tcp 192.0.2.2 7000': 'a 80',
      'outside tcp 192.0.2.2 7001': 'b 81',
      'outside tcp 192.0.2.2 7150': 'dropped',
      'outside tcp 192.0.2.2 7200': 'node 81',
      'outside tcp 192.0.2.2 7300': 'b 80',
      'outside tcp 192.0.2.2 8000': 'local',
      'outside tcp fd00:2::2 7000': 'local',
      'outside tcp fd00:2::2 7200': 'local',
    },
  },
  'what comes from outside sent to loopback': {
    script: 'iptables-nft -t nat -A PREROUTING -p tcp --dport 8000 -j DNAT --to-destination 127.0.0.1:80',
    packets: { 'outside tcp 192.0.2.2 8000': 'dropped' },
  },
  'a match that is not understood': {
    script:
      'iptables-nft -t nat -A PREROUTING -p tcp --dport 8000 -m mark --mark 5 -j DNAT --to-destination 10.9.0.1:80',
    packets: { 'outside tcp 192.0.2.2 8000': 'unknown', 'outside tcp 192.0.2.2 80': 'local' },
  },
}
