import type { Port } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { containerBehind, oncePerFact, oncePerPort, placeOf, portHit } from './ports.ts'
import { PSS_HOST_PORTS } from './references.ts'
import type { Rule } from './rule.ts'
import { isSilent } from './silent-ports.ts'

/** So long a container may take to bind its ports before its silence means anything. */
const STARTING_MS = 30_000

/**
 * A host port was declared and nothing answers: no socket, rule or proxy is there, or they lead to where nobody listens.
 * Said only of what was looked at.
 */
export const silentHostPort: Rule = {
  id: 'silent-host-port',
  title: 'Declared host port that nothing answers',
  inputs: ['tcp', 'udp', 'sctp'],
  references: [PSS_HOST_PORTS],
  evaluate: (snapshot) =>
    oncePerFact(
      oncePerPort(snapshot.ports.filter(isDeclaredAndSilent))
        .filter((port) => hasSettled(port, snapshot))
        .map((port) => {
          const isAsked = port.declaredBy.some(({ implicit }) => !implicit)
          const name = containerBehind(port, snapshot)?.name ?? 'a container'
          const summary = `nothing answers on ${placeOf(port)}, which ${name} declares`
          return portHit(port, snapshot, {
            severity: isAsked ? 'low' : 'info',
            summary,
            evidence: { how: howOf(port) },
          })
        }),
    ),
}

function isDeclaredAndSilent(port: Port): boolean {
  return port.declaredBy.some(({ by }) => by !== 'image') && isSilent(port)
}

function howOf({ mechanism, targets }: Port): string {
  if (mechanism === 'none') return 'no socket, proxy or rule is there'
  return targets.length > 0 && targets.every(({ listening }) => listening === false)
    ? 'it leads to where nothing listens'
    : 'every probe was refused'
}

function hasSettled(port: Port, snapshot: Snapshot): boolean {
  const container = containerBehind(port, snapshot)
  if (container === undefined) return false
  const { state, startedAt } = container
  return state === 'running' && (startedAt === null || snapshot.takenAt - startedAt >= STARTING_MS)
}
