import type { Report } from '../../model/finding.ts'

// What JSON may hold as it is, and a terminal would obey or an eye would miss.
const INVISIBLE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu

const INDENT = 2

/** Renders a report as one JSON document. */
export function renderJson(report: Report): string {
  return `${escapeInvisible(JSON.stringify(report, null, INDENT))}\n`
}

/** Renders a report as lines of JSON, `{type, value}` each: first the scan without its rows, then every row. */
export function renderNdjson(report: Report): string {
  const { gaps, containers, listeners, ports, findings, ...scan } = report
  const rows = Object.entries({ gap: gaps, container: containers, listener: listeners, port: ports, finding: findings })
  const lines = [
    { type: 'scan', value: scan },
    ...rows.flatMap(([type, values]) => values.map((value) => ({ type, value }))),
  ]
  return lines.map((line) => `${escapeInvisible(JSON.stringify(line))}\n`).join('')
}

/** Gives the same JSON with more of its characters written as escapes; they stand only inside strings. */
export function escapeInvisible(json: string): string {
  return json.replace(INVISIBLE, (character) =>
    Array.from({ length: character.length }, (_, index) => unitEscape(character.charCodeAt(index))).join(''),
  )
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
