import type { JSX } from 'preact'
import type { OtherTasks, Privileges } from '../../model/container.ts'
import { NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { ContainerView } from '../../model/view.ts'
import { Facts, Shown, Tag } from '../shown.tsx'
import { Moment } from '../time.tsx'
import { declaredWord, type NameOf, observedWord, verdictTone } from '../words.ts'

export interface ContainerDetailsProps {
  readonly container: ContainerView
  readonly nameOf: NameOf
}

/** One container in full: declared, observed and the proof for each kind. */
export function ContainerDetails({ container, nameOf }: ContainerDetailsProps): JSX.Element {
  const { id, image, runtime, sources, initPid, startedAt, privileges, pod, userNs } = container
  const podText =
    pod === undefined ? 'none' : `${pod.namespace}/${pod.name}, container ${pod.container} (known by ${pod.proof})`
  return (
    <>
      <SharingTable container={container} nameOf={nameOf} />
      <Facts
        facts={[
          ['Id', <Shown key="id" text={id} />],
          ['Image', <Shown key="image" text={image ?? '—'} />],
          ['Pod', <Shown key="pod" text={podText} />],
          ['Runtime', <Shown key="runtime" text={`${runtime.name} ${runtime.socket ?? ''}`} />],
          ['Known from', sources.join(', ')],
          ['First process', initPid === null ? 'not known' : `pid ${initPid}`],
          ['Started', startedAt === null ? 'not known' : <Moment at={startedAt} />],
          ['Root is outside', userNs.rootMapsTo === null ? 'not known' : `uid ${userNs.rootMapsTo}`],
          ['May', <Shown key="may" text={privilegesText(privileges)} />],
        ]}
      />
    </>
  )
}

function SharingTable({ container, nameOf }: ContainerDetailsProps): JSX.Element {
  return (
    <table class="rows inner">
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col">Declared</th>
          <th scope="col">Observed</th>
          <th scope="col">Verdict</th>
          <th scope="col">Inode / host’s</th>
        </tr>
      </thead>
      <tbody>
        {NAMESPACE_KINDS.map((kind) => {
          const sharing = container.sharing[kind]
          return (
            <tr key={kind}>
              <th scope="row">{kind}</th>
              <td data-label="Declared">
                {declaredWord(sharing.declared, nameOf)}{' '}
                <span class="muted">
                  <Shown text={sharing.declaredBy ?? 'nobody said'} />
                </span>
              </td>
              <td data-label="Observed">
                {observedWord(sharing.observed, nameOf)}
                {sharing.others.map((others) => (
                  <OthersText key={`${others.relation}/${others.inode}`} others={others} nameOf={nameOf} />
                ))}
              </td>
              <td data-label="Verdict">
                <Tag tone={verdictTone(sharing.verdict)}>{sharing.verdict}</Tag>
              </td>
              <td data-label="Inode / host’s">
                {sharing.inode ?? '?'} / {sharing.hostInode ?? '?'}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function OthersText({ others, nameOf }: { readonly others: OtherTasks; readonly nameOf: NameOf }): JSX.Element {
  const tasks = others.tasks.map(({ pid, tid, comm }) => `${comm} (pid ${pid}${tid === pid ? '' : `, thread ${tid}`})`)
  const more = others.total > tasks.length ? ` and ${others.total - tasks.length} more` : ''
  return (
    <div class="muted">
      {observedWord(others.relation, nameOf)}, inode {others.inode ?? '?'}: <Shown text={tasks.join(', ')} />
      {more}
    </div>
  )
}

function privilegesText(privileges: Privileges | null): string {
  if (privileges === null) return 'not known'
  const { uid, effectiveCapabilities, seccomp, noNewPrivs, lsm } = privileges
  const label = lsm.label === '' ? lsm.module : `${lsm.module} ${lsm.label}`
  return `uid ${uid}, capabilities ${effectiveCapabilities}, seccomp ${seccomp}, no_new_privs ${noNewPrivs ? 'on' : 'off'}, LSM ${label}`
}
