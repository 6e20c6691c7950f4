import { reportOf } from '../../agent/findings.ts'
import { defineCommand } from '../command.ts'
import { UsageError } from '../errors.ts'
import { printReport } from '../print.ts'
import { readBounded } from '../read-bounded.ts'
import { outputSettings } from '../settings.ts'
import { parseSnapshot } from '../snapshot-schema.ts'

const LARGEST_SNAPSHOT_BYTES = 256 << 20

export const replayCommand = defineCommand({
  name: 'replay',
  operand: 'FILE',
  summary: 'judge a saved snapshot again: the same findings, offline',
  example: 'nsentinel replay snapshot.json --container web',
  settings: outputSettings,
  run: async (config, io, file) => {
    const snapshot = await readBounded(file, LARGEST_SNAPSHOT_BYTES)
      .then(parseSnapshot)
      .catch((cause: unknown) => {
        throw new UsageError(`cannot replay ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        })
      })
    return printReport(reportOf(snapshot), config, io)
  },
})
