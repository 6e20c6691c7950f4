import type { ComponentChildren, JSX } from 'preact'
import type { Severity } from '../model/finding.ts'
import { printable } from '../model/printable.ts'

/** Text that a container may have chosen: controls made visible, and its direction kept to itself. */
export function Shown({ text }: { readonly text: string }): JSX.Element {
  return <bdi>{printable(text)}</bdi>
}

/** A severity in words and colour. */
export function SeverityBadge({
  severity,
  count,
}: {
  readonly severity: Severity
  readonly count?: number
}): JSX.Element {
  return <span class={`badge severity-${severity}`}>{count === undefined ? severity : `${count} ${severity}`}</span>
}

/** A short remark set off from the text around it. */
export function Tag({ tone, children }: { readonly tone: string; readonly children: ComponentChildren }): JSX.Element {
  return <span class={`tag tone-${tone}`}>{children}</span>
}

/** The state of a list that has no rows to show. */
export function Notice({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <div class="notice">{children}</div>
}

/** A list of names and values, for details. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
