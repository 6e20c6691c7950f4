import type { Port } from '../model/port.ts'
import type { PublishedPort } from '../sources/source.ts'
import type { Draft } from './join.ts'

/** Lists the host ports that runtimes declare for these containers. Nobody has looked yet at what answers there. */
export function declaredPorts(drafts: readonly Draft[]): Port[] {
  return drafts.flatMap(({ id, rows }) =>
    rows.flatMap(({ ports, source }) => ports.map((port) => portOf(id, source === 'cri' ? 'cri' : 'docker', port))),
  )
}

function portOf(containerId: string, by: 'docker' | 'cri', port: PublishedPort): Port {
  const { hostAddress, hostPort, containerPort, protocol, implicit } = port
  return {
    family: hostAddress === '' ? 'unknown' : hostAddress.includes(':') ? 'ipv6' : 'ipv4',
    hostAddress,
    hostPort,
    protocol,
    mechanism: 'unknown',
    claim: `${containerId}/${containerPort}/${protocol}`,
    effective: { outside: 'unknown', node: 'unknown', loopback: 'unknown' },
    conditions: [],
    targets: [],
    owners: [],
    declaredBy: [{ by, containerId, ...(hostAddress === '' ? {} : { hostAddress }), implicit }],
  }
}
