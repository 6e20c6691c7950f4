import { joinContainers, type Row } from '../../src/agent/join.ts'
import { followPacket } from '../../src/agent/nat/follow.ts'
import { listMappings } from '../../src/agent/nat/mappings.ts'
import type { PortFacts } from '../../src/agent/ports/facts.ts'
import { joinPorts } from '../../src/agent/ports/join-ports.ts'
import type { Container } from '../../src/model/container.ts'
import type { Forwarder } from '../../src/model/forwarder.ts'
import type { NatRuleset } from '../../src/model/nat.ts'
import type { Listener, Port } from '../../src/model/port.ts'
import type { Process } from '../../src/model/task.ts'
import { HOST_INODES } from './builders.ts'
import { judged } from './judged.ts'
import { NO_RULES } from './nat.ts'
import { ruleset, table } from './rulesets.ts'
import { type GivenRow, idOf, row, running } from './tasks.ts'

/** The node's own address, as in the recorded rules. */
export const NODE = '192.0.2.2'

export const WEB = idOf('a')
export const API = idOf('b')

/** The net namespaces of the two containers. */
export const WEB_NET = 90
const API_NET = 91

/** What `-p` asks of Docker, or a hostPort of CRI. */
export function published(hostPort: number, given: Partial<Row['ports'][number]> = {}): Row['ports'][number] {
  return { hostAddress: '0.0.0.0', hostPort, containerPort: 80, protocol: 'tcp', implicit: false, ...given }
}

/** A socket of the host's own, on every IPv4 address. */
export function socket(port: number, given: Partial<Listener> = {}): Listener {
  return {
    netInode: HOST_INODES.net,
    family: 'ipv4',
    address: '0.0.0.0',
    port,
    protocol: 'tcp',
    socketInode: port,
    owners: [{ role: 'listener', pid: 700, comm: 'sshd' }],
    ...given,
  }
}

/** The server in the container web, on its port 80. */
export const SERVER = socket(80, {
  netInode: WEB_NET,
  owners: [{ role: 'listener', containerId: WEB, pid: 10, comm: 'httpd' }],
})

/** Two containers with networks of their own, of which web publishes these ports. */
export function dockers(ports: Row['ports'], others: Row['ports'] = [], more: GivenRow = {}): Row[] {
  return [
    row({ id: WEB, name: 'web', initPid: 10, addresses: ['172.17.0.2'], ports, ...more }),
    row({ id: API, name: 'api', initPid: 11, addresses: ['172.17.0.3'], ports: others }),
  ]
}

/** Docker's nat table with these rules in its chain. */
export function dockerRules(...rules: readonly string[]): NatRuleset {
  return ruleset(
    table(
      '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
      '-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER',
      ...rules,
    ),
  )
}

export function dnat(port: number, to: string, match = ''): string {
  return `-A DOCKER${match} ! -i docker0 -p tcp -m tcp --dport ${port} -j DNAT --to-destination ${to}`
}

/** What a docker-proxy of web's says of itself. */
export function proxy(given: Partial<Extract<Forwarder, { kind: 'docker-proxy' }>> = {}): Forwarder {
  return {
    kind: 'docker-proxy',
    protocol: 'tcp',
    hostAddress: '0.0.0.0',
    hostPort: 8080,
    containerAddress: '172.17.0.2',
    containerPort: 80,
    ...given,
  }
}

/** A proxy's socket. */
export function held(port: number, pid: number, given: Partial<Listener> = {}): Listener {
  return socket(port, { owners: [{ role: 'listener', pid, comm: 'docker-proxy' }], ...given })
}

export interface GivenFacts extends Partial<Omit<PortFacts, 'drafts' | 'containers' | 'nat'>> {
  readonly rows?: readonly Row[]
  readonly processes?: readonly Process[]
  /** Null where nobody could read them. */
  readonly rules?: NatRuleset | null
  readonly opaque?: string
  readonly change?: (container: Container) => Container
}

const PROCESSES = [
  running({ pid: 10, id: WEB, namespaces: { net: WEB_NET } }),
  running({ pid: 11, id: API, namespaces: { net: API_NET } }),
]

/** Joins what is given on a node where nothing listens and no rule stands. */
export function joined(given: GivenFacts = {}): ReturnType<typeof joinPorts> {
  const { rows = [], processes = PROCESSES, rules = NO_RULES, opaque = null, change, ...facts } = given
  const containers = [...judged(processes, rows).values()]
  const nat = rules === null ? null : viewOf(rules, opaque)
  return joinPorts({
    drafts: joinContainers(processes, rows),
    containers: change === undefined ? containers : containers.map(change),
    hostNet: HOST_INODES.net,
    listeners: [SERVER],
    forwarders: new Map(),
    interfaces: [{ name: 'eth0', addresses: [{ family: 'ipv4', address: NODE }] }],
    gaps: [],
    ...facts,
    nat,
  })
}

function viewOf(ruleset: NatRuleset, opaque: string | null): PortFacts['nat'] {
  return {
    mappings: listMappings(ruleset).mappings,
    follow: (packet) => followPacket(ruleset, packet, [NODE]),
    opaque,
  }
}

/** A row in one line: where, by which mechanism, whose claim, and from where it is reached. */
export function lineOf({
  protocol,
  hostAddress,
  hostPort,
  hostPortEnd,
  mechanism,
  claim,
  effective,
  shadowedBy,
}: Port) {
  const place = `${protocol} ${hostAddress}:${hostPort}${hostPortEnd === undefined ? '' : `-${hostPortEnd}`}`
  const { outside, node, loopback } = effective
  const taken = shadowedBy === undefined ? '' : ` taken by ${named(shadowedBy)}`
  return `${place} ${mechanism} ${named(claim)} ${outside}/${node}/${loopback}${taken}`
}

function named(claim: string): string {
  return claim.replace(WEB, 'web').replace(API, 'api')
}
