import { isAny, scopeOf } from '../model/address-scope.ts'
import type { Port } from '../model/port.ts'
import { containerBehind, oncePerFact, oncePerPort, placeOf, portHit } from './ports.ts'
import { ATTACK_EXTERNAL, cisDocker, PSS_HOST_PORTS } from './references.ts'
import type { Rule } from './rule.ts'

/** Who listens by himself binds what he likes: an address is declared for what a runtime maps. */
const UNMAPPED: readonly Port['mechanism'][] = ['host-listener', 'none', 'unknown']

/**
 * A mapping matches more addresses than its declaration names: what was meant for loopback or for one network is open to
 * all.
 */
export const overbroadPortMapping: Rule = {
  id: 'overbroad-port-mapping',
  title: 'Port mapping is wider than declared',
  inputs: ['tcp', 'udp', 'sctp'],
  references: [PSS_HOST_PORTS, ATTACK_EXTERNAL, cisDocker('5.13')],
  evaluate: (snapshot) =>
    oncePerFact(
      oncePerPort(snapshot.ports.filter(isOverbroad)).map((port) => {
        const declared = [...new Set(port.declaredBy.map(({ hostAddress = '' }) => hostAddress))]
        const name = containerBehind(port, snapshot)?.name ?? 'a container'
        const isLocal = declared.every((address) => scopeOf(address) === 'loopback')
        return portHit(port, snapshot, {
          severity: isLocal ? 'high' : 'medium',
          summary: `${placeOf(port)} of ${name} is open on every address, and was declared for ${declared.join(', ')}`,
        })
      }),
    ),
}

function isOverbroad({ hostAddress, mechanism, declaredBy }: Port): boolean {
  const asked = declaredBy.filter(({ by }) => by !== 'image')
  if (!isAny(hostAddress) || UNMAPPED.includes(mechanism) || asked.length === 0) return false
  return asked.every(({ hostAddress: declared }) => declared !== undefined && !isAny(declared))
}
