import type { JSX } from 'preact'
import type { NodeView } from '../model/view.ts'

export interface SelectProps {
  readonly label: string
  readonly value: string
  /** Value and text of each choice. */
  readonly choices: readonly (readonly [string, string])[]
  readonly onChange: (value: string) => void
}

/** A labelled choice. */
export function Select({ label, value, choices, onChange }: SelectProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

export interface NodeSelectProps extends Pick<SelectProps, 'value' | 'onChange'> {
  readonly nodes: readonly NodeView[]
}

/** A choice of one node, or all. */
export function NodeSelect({ nodes, ...props }: NodeSelectProps): JSX.Element {
  return <Select label="Node" choices={[['', 'all'], ...nodes.map(({ name }) => [name, name] as const)]} {...props} />
}

export interface SearchProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

/** A labelled field for a part of a name. */
export function Search({ label, value, onChange }: SearchProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <input type="search" maxLength={256} value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </label>
  )
}
