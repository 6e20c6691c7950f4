import type { ComponentChildren, JSX } from 'preact'
import { Notice } from './shown.tsx'
import type { Rows } from './use-rows.ts'

export interface ListStateProps<Row> {
  readonly list: Rows<Row>
  /** What to say when there is no row: never more than is known. */
  readonly empty: ComponentChildren
  readonly children: (rows: readonly Row[]) => ComponentChildren
}

/** Shows rows, or truly why there are none: not read yet, failed, or empty. */
export function ListState<Row>({ list, empty, children }: ListStateProps<Row>): JSX.Element {
  const { rows, problem, readMore } = list
  const failed = problem === null ? null : <Notice>Could not read this again: {problem.message}.</Notice>
  if (rows === null) return failed ?? <Notice>Reading…</Notice>
  return (
    <>
      {failed}
      {rows.items.length === 0 ? <Notice>{empty}</Notice> : children(rows.items)}
      {rows.hasMore && (
        <button type="button" onClick={readMore}>
          Show more than the first {rows.items.length}
        </button>
      )}
    </>
  )
}
