import type { PortClaim } from '../../agent/port-claims.ts'
import type { Names } from './names.ts'
import type { Cell } from './table.ts'
import { shown } from './text.ts'

/** Says by which mechanisms a port is held: nothing that was seen, or nothing that could be looked at. */
export function mechanismsCell(claims: readonly PortClaim[]): Cell {
  const words = distinct(claims.map(({ mechanism }) => mechanism)).map((word) =>
    word === 'unknown' ? 'not looked' : word,
  )
  return words.length === 0 ? { text: 'nothing seen', tone: 'quiet' } : { text: words.join(', ') }
}

/** Names the containers and processes behind a port, and where mappings lead that are none's. */
export function partiesCell(claims: readonly PortClaim[], names: Names): Cell {
  const owners = claims
    .flatMap(({ owners }) => owners)
    .map(({ containerId, comm, pid }) => {
      if (containerId !== undefined) return names(containerId)
      return `${shown(comm ?? '?')}${pid === undefined ? '' : ` (${pid})`}`
    })
  const targets = claims
    .flatMap(({ targets }) => targets)
    .map(({ address, port, containerId }) =>
      containerId === undefined ? `${shown(address)}:${port}` : names(containerId),
    )
  const words = distinct([...owners, ...targets])
  return words.length === 0 ? { text: '-', tone: 'quiet' } : { text: words.join(', ') }
}

/** Names who declared a port. */
export function declarersCell(claims: readonly PortClaim[], names: Names): Cell {
  const words = claims
    .flatMap(({ declaredBy }) => declaredBy)
    .map(({ by, containerId, implicit }) => `${names(containerId)} (${by}${implicit ? ', implicit' : ''})`)
  return words.length === 0 ? { text: 'nobody', tone: 'quiet' } : { text: distinct(words).join(', ') }
}

/** Writes a port as people do: `tcp 127.0.0.1:80`, `tcp [::1]:80`. */
export function endpoint(protocol: string, address: string, port: number, portEnd = port): string {
  const place = address.includes(':') ? `[${shown(address)}]` : shown(address)
  return `${protocol} ${place === '' ? '*' : place}:${port}${portEnd === port ? '' : `-${portEnd}`}`
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)]
}
