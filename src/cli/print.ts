import type { Report } from '../model/finding.ts'
import { rules } from '../rules/index.ts'
import type { Config } from './config.ts'
import type { ExitCode } from './errors.ts'
import { columnsOf, type Io } from './io.ts'
import { narrow } from './narrow.ts'
import { renderExplanation } from './render/explain.ts'
import { renderJson, renderNdjson } from './render/json.ts'
import { paintFor, type View } from './render/paint.ts'
import { renderReport } from './render/report.ts'
import type { outputSettings } from './settings.ts'
import { exitCodeOf } from './verdict-code.ts'

/** Prints a report as asked for, whole or of one container, and gives the exit code of what was shown. */
export function printReport(whole: Report, config: Config<typeof outputSettings>, io: Io): ExitCode {
  const { output, container } = config
  const report = container === undefined ? whole : narrow(whole, container)
  const [only] = report.containers
  if (output === 'json') io.stdout.write(renderJson(report))
  else if (output === 'ndjson') io.stdout.write(renderNdjson(report))
  else if (container === undefined || only === undefined) io.stdout.write(renderReport(whole, RULE_IDS, viewOf(io)))
  else io.stdout.write(renderExplanation(report, only, whole, viewOf(io)))
  return exitCodeOf(report, config)
}

/** The rules that looked, in the order of a report. */
export const RULE_IDS: readonly string[] = rules.map(({ id }) => id)

/** How stdout shows a rendering. */
export function viewOf({ stdout, env }: Io): View {
  return { columns: columnsOf(stdout, env), paint: paintFor(stdout) }
}
