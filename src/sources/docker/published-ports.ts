import type { Protocol } from '../../model/port.ts'
import type { PublishedPort, RuntimeContainer } from '../source.ts'
import type { InspectedContainer } from './docker-schema.ts'

/** A container is in as many networks as somebody likes. */
const ADDRESSES_MAX = 256
const EXPOSED_MAX = 1024

const CONTAINER_PORT = /^(?<port>\d{1,5})\/(?<protocol>tcp|udp|sctp)$/

/**
 * Lists the host ports of a container: what the daemon bound where it says so (one row an address: `-p 80` gives
 * 0.0.0.0 and ::), else what was asked for. A port left to the daemon's choice (0, or one of a range) is no row until
 * it has chosen. Malformed keys are left out: no daemon writes them.
 */
export function parsePublishedPorts(
  container: Pick<InspectedContainer, 'HostConfig' | 'NetworkSettings'>,
): readonly PublishedPort[] {
  const asked = container.HostConfig.PortBindings ?? {}
  const bound = container.NetworkSettings?.Ports ?? {}
  const keys = new Set([...Object.keys(asked), ...Object.keys(bound)])
  return [...keys].flatMap((key) => {
    const { port, protocol } = CONTAINER_PORT.exec(key)?.groups ?? {}
    if (port === undefined || !isProtocol(protocol)) return []
    const bindings = bound[key] ?? asked[key] ?? []
    const implicit = asked[key] === undefined
    return bindings.flatMap(({ HostIp, HostPort }) => {
      const hostPort = parsePort(HostPort ?? '')
      return hostPort === null
        ? []
        : [{ hostAddress: HostIp ?? '', hostPort, containerPort: Number(port), protocol, implicit }]
    })
  })
}

/** Lists what the image says that it listens on (EXPOSE). */
export function parseExposedPorts({
  ExposedPorts,
}: Pick<InspectedContainer['Config'], 'ExposedPorts'>): NonNullable<RuntimeContainer['exposed']> {
  return Object.keys(ExposedPorts ?? {})
    .slice(0, EXPOSED_MAX)
    .flatMap((key) => {
      const { port, protocol } = CONTAINER_PORT.exec(key)?.groups ?? {}
      return port === undefined || !isProtocol(protocol) ? [] : [{ containerPort: Number(port), protocol }]
    })
}

/** Lists a container's addresses in its networks; undefined where the runtime tells of no networks at all. */
export function parseAddresses(
  settings: InspectedContainer['NetworkSettings'],
): NonNullable<RuntimeContainer['addresses']> | undefined {
  if (!settings?.Networks) return undefined
  return Object.values(settings.Networks)
    .flatMap((network) => [network?.IPAddress ?? '', network?.GlobalIPv6Address ?? ''])
    .filter((address) => address !== '')
    .slice(0, ADDRESSES_MAX)
}

function isProtocol(text: string | undefined): text is Protocol {
  return text === 'tcp' || text === 'udp' || text === 'sctp'
}

function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port > 0 && port <= 65_535 ? port : null
}
