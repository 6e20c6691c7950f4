import type { CommandRequest, ProbeReport, Triage } from '../../model/command.ts'
import { resultSchemas } from '../../transport/result-schema.ts'
import type { Config } from '../config.ts'
import type { ExitCode } from '../errors.ts'
import type { Io } from '../io.ts'
import { printReport, viewOf } from '../print.ts'
import { probeExitCode } from '../probe/result.ts'
import { renderFindings } from '../render/findings.ts'
import { escapeInvisible } from '../render/json.ts'
import { namesOf } from '../render/names.ts'
import type { View } from '../render/paint.ts'
import { renderPorts } from '../render/ports.ts'
import { gapLines, renderProbe } from '../render/probe.ts'
import { layoutBlocks } from '../render/report.ts'
import { count, shown } from '../render/text.ts'
import type { outputSettings } from '../settings.ts'

const INDENT = 2

/** Prints what a node answered, and gives the exit code that the command of that name has. */
export function showResult(
  { command }: CommandRequest,
  result: unknown,
  config: Config<typeof outputSettings>,
  io: Io,
): ExitCode {
  switch (command) {
    case 'scan':
      return printReport(resultSchemas.scan.parse(result), config, io)
    case 'probe': {
      const probed = resultSchemas.probe.parse(result)
      print(probed, config, io, () => renderProbe(named(probed), namesOf([]), viewOf(io)))
      return probeExitCode(named(probed))
    }
    case 'triage': {
      const triage = resultSchemas.triage.parse(result)
      print(triage, config, io, () => renderTriage(triage, viewOf(io)))
      return 0
    }
  }
}

function print(result: object, { output }: Config<typeof outputSettings>, io: Io, render: () => string): void {
  const json = () => `${escapeInvisible(JSON.stringify(result, null, INDENT))}\n`
  io.stdout.write(output === 'table' ? render() : json())
}

/** Every answer is to a port that was named. */
function named(probed: ProbeReport) {
  const answers = probed.answers.map((answer) => ({ ...answer, named: `${answer.port}/${answer.protocol}` }))
  return { ...probed, answers }
}

function renderTriage({ node, about, findings, containers, ports, listeners, gaps, left }: Triage, view: View): string {
  const more = Object.entries(left).filter(([, number]) => number > 0)
  const title = `${count(findings.length, 'finding')} on ${shown(node)}, ${count(listeners.length, 'listener')}`
  return layoutBlocks([
    [view.paint('title', about === null ? title : `${title}, about ${count(about.length, 'container')}`)],
    gapLines(gaps, 'Not seen', view),
    renderPorts(ports, namesOf(containers), view),
    renderFindings(findings, view),
    more.map(([what, number]) => view.paint('doubt', `${number} ${what} more were left out`)),
  ])
}
