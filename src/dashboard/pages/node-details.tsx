import type { JSX } from 'preact'
import type { Gap } from '../../model/gap.ts'
import { NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { NodeView } from '../../model/view.ts'
import { Facts, Shown } from '../shown.tsx'
import { Moment } from '../time.tsx'
import { affectsText } from '../words.ts'

/** All that is known of one node: what it could not read, and what its verdicts are given against. */
export function NodeDetails({ node }: { readonly node: NodeView }): JSX.Element {
  const addresses = node.interfaces.map(
    ({ name, addresses }) => `${name} ${addresses.map(({ address }) => address).join(' ')}`,
  )
  const look = node.lastLook
  return (
    <>
      {node.gaps.length > 0 && <GapsTable gaps={node.gaps} />}
      <BaselineTable node={node} />
      <Facts
        facts={[
          ['Last look', look === null ? 'none yet' : <Moment at={look.takenAt} />],
          [
            'It read',
            look === null
              ? '—'
              : `${look.processes} processes, ${look.threads} threads in ${Math.round(look.durationMs)} ms`,
          ],
          ['Reader', `${node.reader}, as uid ${node.uid}`],
          ['Agent', <Shown key="agent" text={`${node.agentId}, version ${node.agentVersion}`} />],
          ['Architecture', <Shown key="architecture" text={`${node.architecture}, cgroups ${node.cgroups}`} />],
          ['Boot', <Shown key="boot" text={node.bootId} />],
          ['Addresses', <Shown key="addresses" text={addresses.join(', ')} />],
        ]}
      />
    </>
  )
}

function GapsTable({ gaps }: { readonly gaps: readonly Gap[] }): JSX.Element {
  return (
    <table class="rows inner">
      <caption>What the agent could not read</caption>
      <thead>
        <tr>
          <th scope="col">Source</th>
          <th scope="col">Subject</th>
          <th scope="col">Why</th>
          <th scope="col">Clouds</th>
        </tr>
      </thead>
      <tbody>
        {gaps.map(({ source, subject, reason, affects, detail }) => (
          <tr key={`${source}/${subject}/${reason}`}>
            <td data-label="Source">
              <Shown text={source} />
            </td>
            <td data-label="Subject">
              <Shown text={subject} />
            </td>
            <td data-label="Why">
              <Shown text={detail === undefined ? reason : `${reason}: ${detail}`} />
            </td>
            <td data-label="Clouds">
              <Shown text={affectsText(affects)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function BaselineTable({ node: { baseline } }: { readonly node: NodeView }): JSX.Element {
  return (
    <table class="evidence">
      <caption>
        What “the host” is, and how it was proven{baseline.nested ? ' (this node runs inside a container)' : ''}
      </caption>
      <tbody>
        {NAMESPACE_KINDS.map((kind) => {
          const entry = baseline.node[kind]
          return (
            <tr key={kind}>
              <th scope="row">{kind}</th>
              <td>
                {entry === undefined
                  ? '? not proven: every verdict on it is unknown'
                  : `inode ${entry.inode}, by ${entry.by}`}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
