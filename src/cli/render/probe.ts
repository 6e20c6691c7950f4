import type { Gap } from '../../model/gap.ts'
import type { FreeResult, ProbeResult } from '../probe/result.ts'
import { answersCell } from './answer.ts'
import { declarersCell, endpoint, mechanismsCell, partiesCell } from './claims.ts'
import type { Names } from './names.ts'
import type { View } from './paint.ts'
import { layoutBlocks } from './report.ts'
import { type Cell, type Column, INDENT, layoutTable } from './table.ts'
import { count, shown, wrap } from './text.ts'

const ANSWERS: readonly Column[] = [
  { header: 'PORT', min: 16 },
  { header: 'ANSWERS AS', min: 16 },
  { header: 'BY', min: 8 },
  { header: 'WHO', min: 10 },
  { header: 'DECLARED BY', min: 10, optional: true },
  { header: 'ASKED FROM', min: 10 },
  { header: 'MS', optional: true },
]

const HOLDERS: readonly Column[] = [
  { header: 'PORT', min: 16 },
  { header: 'BY', min: 8 },
  { header: 'WHO', min: 10 },
  { header: 'DECLARED BY', min: 10 },
]

/** Shows what ports answered, and who has a claim on each. */
export function renderProbe({ node, answers, gaps }: ProbeResult, names: Names, view: View): string {
  const rows = answers.map((answer): Cell[] => [
    { text: endpoint(answer.protocol, answer.address, answer.port) },
    answersCell([answer]),
    mechanismsCell(answer.claims),
    partiesCell(answer.claims, names),
    declarersCell(answer.claims, names),
    { text: answer.vantage === 'host' ? 'the host' : names(answer.vantage.slice('container:'.length)) },
    { text: answer.outcome === 'not-asked' ? '' : `${answer.latencyMs}` },
  ])
  const title = `${count(answers.length, 'answer')} on ${shown(node)}`
  return layoutBlocks([
    [view.paint('title', title), ...(rows.length === 0 ? [] : layoutTable(ANSWERS, rows, view))],
    gapLines(gaps, 'What holds a port may be missing here', view),
  ])
}

/** Shows whether a port is free, and if not, who has it and by what. */
export function renderFree(
  { node, wanted, verdict, holders, notes, gaps }: FreeResult,
  names: Names,
  view: View,
): string {
  const { protocol, address = '', port } = wanted
  const place = `${endpoint(protocol, address, port)} on ${shown(node)}`
  const rows = holders.map((holder): Cell[] => [
    { text: endpoint(holder.protocol, holder.hostAddress, holder.hostPort, holder.hostPortEnd) },
    mechanismsCell([holder]),
    partiesCell([holder], names),
    declarersCell([holder], names),
  ])
  return layoutBlocks([
    [VERDICTS[verdict](place, view), ...(rows.length === 0 ? [] : layoutTable(HOLDERS, rows, view))],
    notes.map((note) => `note: ${note}`),
    gapLines(gaps, 'Not seen', view),
  ])
}

const VERDICTS = {
  free: (place: string, view: View) => view.paint('good', `${place} is free`),
  taken: (place: string, view: View) => view.paint('bad', `${place} is taken`),
  unknown: (place: string, view: View) => view.paint('doubt', `${place}: cannot tell`),
}

/** Lists gaps below a title; nothing where there is none. */
export function gapLines(gaps: readonly Gap[], title: string, view: View): string[] {
  const lines = gaps.map(({ source, subject, reason, detail }) => {
    const words = [`${shown(source)}: ${shown(subject)}: ${reason}`, ...(detail === undefined ? [] : [shown(detail)])]
    return wrap(words, view.columns - INDENT.length).map((line) => `${INDENT}${line}`)
  })
  return lines.length === 0 ? [] : [view.paint('medium', `${title}:`), ...lines.flat()]
}
