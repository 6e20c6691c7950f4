import { inspectSpool, type SpoolInspection } from '../transport/spool-inspect.ts'
import type { ExitCode } from './errors.ts'
import type { Io } from './io.ts'
import { shown } from './render/text.ts'

const BYTES_PER_KIB = 1024
const MS_PER_S = 1000

/**
 * Prints what a spool holds, whether or not an agent has it open: 0 when it is whole, 3 when it is not.
 *
 * @throws {Error} when there is none, or it cannot be read
 */
export function printSpool(folder: string, output: 'table' | 'json', { stdout }: Io): ExitCode {
  const inspection = inspectSpool(folder)
  stdout.write(output === 'json' ? `${JSON.stringify(inspection, null, 2)}\n` : render(inspection, Date.now()))
  return inspection.integrity === 'ok' ? 0 : 3
}

function render(spool: SpoolInspection, now: number): string {
  const rows = {
    file: spool.path,
    'bytes on disk': kib(spool.fileBytes),
    integrity: spool.integrity,
    epoch: spool.epoch ?? 'none yet',
    'next number': spool.nextSeq,
    'changes that wait':
      spool.waiting === 0 ? 'none' : `${spool.waiting} from ${spool.firstSeq} on, ${kib(spool.waitingBytes)}`,
    'oldest of them': spool.oldestQueuedAt === null ? 'none' : `${ago(spool.oldestQueuedAt, now)} ago`,
    'rows of the state': spool.stateRows,
    'last acknowledged': spool.ackedAt === null ? 'never' : `${ago(spool.ackedAt, now)} ago`,
    'changes ever forgotten': spool.forgotten,
  }
  const width = Math.max(...Object.keys(rows).map(({ length }) => length))
  return Object.entries(rows)
    .map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}\n`)
    .join('')
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / BYTES_PER_KIB)} KiB`
}

function ago(at: number, now: number): string {
  return `${Math.max(0, Math.round((now - at) / MS_PER_S))} s`
}
