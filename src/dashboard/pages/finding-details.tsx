import type { JSX } from 'preact'
import type { FindingView } from '../../model/view.ts'
import { EvidenceTable } from '../evidence.tsx'
import { formatRoute } from '../route.ts'
import { Facts, Shown } from '../shown.tsx'
import { Moment } from '../time.tsx'

/** One finding in full: the evidence first, then its life and where to read on. */
export function FindingDetails({ finding }: { readonly finding: FindingView }): JSX.Element {
  return (
    <>
      <h3>Evidence</h3>
      <EvidenceTable evidence={finding.evidence} />
      <Facts facts={[...lifeOf(finding), ...placeOf(finding)]} />
      <References finding={finding} />
    </>
  )
}

type Fact = readonly [string, JSX.Element | string]

function lifeOf(finding: FindingView): Fact[] {
  const { firstSeenAt, openedAt, lastSeenAt, resolvedAt, resolution, episodes, acceptance } = finding
  const life: Fact[] = [
    ['First seen', <Moment key="first" at={firstSeenAt} />],
    ['Open since', <Moment key="open" at={openedAt} />],
    ['Last seen', <Moment key="last" at={lastSeenAt} />],
    ['Episodes', String(episodes)],
  ]
  if (resolvedAt !== null)
    life.push(['Resolved', <Moment key="resolved" at={resolvedAt} />], ['Because', resolution ?? '?'])
  if (acceptance !== undefined)
    life.push(['Accepted by', <Shown key="by" text={`${acceptance.exception}: ${acceptance.reason}`} />])
  return life
}

function placeOf({ subject, fact, id }: FindingView): Fact[] {
  const place: Fact[] = [
    ['Fact', <Shown key="fact" text={fact} />],
    ['Id', id],
  ]
  const { containerId } = subject
  if (containerId === undefined) return place
  const href = formatRoute({ page: 'containers', query: { search: containerId } })
  return [
    ...place,
    [
      'Container',
      <a key="container" href={href}>
        <Shown text={containerId} />
      </a>,
    ],
  ]
}

function References({ finding: { rule, references } }: { readonly finding: FindingView }): JSX.Element {
  return (
    <>
      <h3>Read on</h3>
      <ul>
        <li>
          <a href={`/assets/${rule}.md`} target="_blank" rel="noreferrer">
            What {rule} means and what to do
          </a>
        </li>
        {references.filter(hasWebAddress).map(({ name, url }) => (
          <li key={url}>
            <a href={url} target="_blank" rel="noreferrer">
              <Shown text={name} />
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

/** An agent's word is no reason to follow an address such as `javascript:`. */
function hasWebAddress({ url }: { readonly url: string }): boolean {
  return /^https?:\/\//i.test(url)
}
