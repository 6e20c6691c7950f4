import { execFileSync } from 'node:child_process'
import { availableParallelism, release } from 'node:os'
import { parseArgs } from 'node:util'
import { containerChurn } from './container-churn.ts'
import { hostileFrames } from './hostile-frames.ts'
import type { Outcome, Soak, SoakOptions } from './soak.ts'
import { streamFaults, streamFaultsPostgres } from './stream-faults.ts'

/** Every soak. Adding one means adding a line here. */
const soaks: readonly Soak[] = [containerChurn, hostileFrames, streamFaults, streamFaultsPostgres]

const FAULTS_SHOWN = 20

const { values, positionals } = parseArgs({ options: { count: { type: 'string' } }, allowPositionals: true })
const soak = soaks.find(({ name }) => name === positionals[0])
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)))

if (soak === undefined) {
  console.log('Usage: [SEED=N] npm run soak -- NAME [--count N]\n')
  for (const { name, title, count } of soaks) console.log(`  ${name}  ${title} (${count})`)
  process.exitCode = positionals.length === 0 ? 0 : 2
} else {
  await runSoak(soak, {
    count: naturalOf('--count', values.count ?? String(soak.count)),
    seed: naturalOf('SEED', process.env['SEED'] ?? String(Math.floor(Math.random() * 2 ** 31))),
    signal: stop.signal,
  })
}

/** Prints what docs/soak.md keeps of a run. */
async function runSoak(soak: Soak, options: SoakOptions): Promise<void> {
  const cannot = soak.whyNot()
  if (cannot !== false) throw new Error(`${soak.name} cannot run here: ${cannot}`)
  const { seed, count } = options
  console.log(`### ${soak.name}, ${new Date().toISOString().slice(0, 10)}, commit ${describeCommit()}\n`)
  console.log(`Linux ${release().split('-')[0]}, ${availableParallelism()} CPUs, Node.js ${process.versions.node}\n`)
  console.log(`    SEED=${seed} npm run soak -- ${soak.name} --count ${count}\n`)
  const { figures, faults } = await soak.run(options)
  printFigures(figures)
  printFaults(faults)
  process.exitCode = faults.length > 0 ? 1 : 0
}

function printFigures(figures: Outcome['figures']): void {
  console.log('| figure | value |\n|---|---|')
  for (const [name, value] of Object.entries(figures)) console.log(`| ${name} | ${value} |`)
}

/** Each fault once, however often it was seen. */
function printFaults(faults: readonly string[]): void {
  const counts = [...Map.groupBy(faults, (fault) => fault)]
  console.log(`\nFaults: ${faults.length === 0 ? 'none.' : counts.length}`)
  for (const [fault, seen] of counts.slice(0, FAULTS_SHOWN)) console.log(`- ${fault} (${seen.length} times)`)
  if (counts.length > FAULTS_SHOWN) console.log(`- and ${counts.length - FAULTS_SHOWN} more`)
}

function describeCommit(): string {
  const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  const isClean = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'soak') === ''
  return `${git('rev-parse', '--short', 'HEAD')}${isClean ? '' : ' with uncommitted changes'}`
}

function naturalOf(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new TypeError(`${name} is not a natural number: ${text}`)
  return number
}
