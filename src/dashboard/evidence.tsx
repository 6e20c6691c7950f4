import type { JSX } from 'preact'
import { boundedText, isBoundedList, labelOf } from './evidence-words.ts'
import { Shown } from './shown.tsx'

/** Evidence as a table: every value that proves a verdict, whatever its shape. */
export function EvidenceTable({ evidence }: { readonly evidence: object }): JSX.Element {
  return (
    <table class="evidence">
      <tbody>
        {Object.entries(evidence).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">
              <Shown text={labelOf(name)} />
            </th>
            <td>
              <EvidenceValue value={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function EvidenceValue({ value }: { readonly value: unknown }): JSX.Element {
  if (isBoundedList(value)) return <Shown text={boundedText(value)} />
  if (Array.isArray(value)) return <EvidenceList values={value} />
  if (typeof value === 'object' && value !== null) return <EvidenceTable evidence={value} />
  return <Shown text={value === null ? '—' : String(value)} />
}

function EvidenceList({ values }: { readonly values: readonly unknown[] }): JSX.Element {
  if (values.length === 0) return <span class="muted">none listed</span>
  return (
    <ul>
      {values.map((value, index) => (
        <li key={index}>
          <EvidenceValue value={value} />
        </li>
      ))}
    </ul>
  )
}
