import { holdsAt } from '../../policy/match.ts'
import type { Exception, Match, Policy } from '../../policy/policy.ts'
import type { View } from './paint.ts'
import { layoutBlocks } from './report.ts'
import { INDENT } from './table.ts'
import { count, moment, shown, wrap } from './text.ts'

/**
 * Renders what a policy accepts: its own exceptions one by one, the shipped packs by name.
 *
 * @param hash names the policy in reports
 * @param now Unix milliseconds: says which exceptions have expired
 */
export function renderPolicy({ packs, exceptions }: Policy, hash: string, now: number, view: View): string {
  const own = exceptions.filter(({ id }) => !isShipped(id))
  const inForce = packs.length === 0 ? 'No pack is in force.' : `Packs in force: ${packs.join(', ')}.`
  return layoutBlocks([
    [view.paint('title', `policy ${hash}`)],
    ...own.map((exception) => renderException(exception, now, view)),
    wrap(`${count(own.length, 'exception')}. ${inForce}`.split(' '), view.columns, ' '),
  ])
}

/** A pack's exceptions are named `pack/component`, which no file can. */
function isShipped(id: string): boolean {
  return id.includes('/')
}

function renderException({ id, reason, expiresAt, match }: Exception, now: number, view: View): string[] {
  const expired = !holdsAt({ expiresAt }, now)
  const until = expiresAt === null ? '' : `until ${moment(expiresAt)}${expired ? ': expired, it accepts nothing' : ''}`
  const room = view.columns - INDENT.length
  return [
    `${view.paint('title', id)}${until === '' ? '' : ` ${view.paint(expired ? 'bad' : 'quiet', until)}`}`,
    ...wrap(matchWords(match), room).map((line) => `${INDENT}${line}`),
    ...wrap(shown(reason).split(' '), room, ' ').map((line) => `${INDENT}${view.paint('quiet', line)}`),
  ]
}

function matchWords(match: Match): string[] {
  return Object.entries(match).map(
    ([field, value]) => `${field} ${shown(Array.isArray(value) ? value.join(', ') : value)}`,
  )
}
