import { reportOf } from '../../agent/findings.ts'
import { defineCommand } from '../command.ts'
import { setting } from '../config.ts'
import { expectPlace } from '../expect-place.ts'
import { openLooker } from '../look.ts'
import { policySettings, readPolicy } from '../policy-file.ts'
import { printReport } from '../print.ts'
import { scanProbeSettings, withProbes } from '../probing.ts'
import { saveFile } from '../save.ts'
import { duration, flag, outputSettings, scanSettings, text } from '../settings.ts'
import { reportJsonSchema } from '../snapshot-schema.ts'

const INDENT = 2

export const scanCommand = defineCommand({
  name: 'scan',
  summary: 'look at this machine once and print what is so',
  example: 'nsentinel scan --output json --fail-on high',
  settings: {
    ...outputSettings,
    ...policySettings,
    ...scanSettings,
    ...scanProbeSettings,
    save: setting(text('the path of a file').optional(), {
      value: 'FILE',
      description: 'keep the snapshot for replay, readable by its owner only',
    }),
    timeout: duration('30s', 'give up when a look takes longer'),
    schema: flag('print the JSON schema of --output json and exit'),
  },
  run: async (config, io) => {
    if (config.schema) {
      io.stdout.write(`${JSON.stringify(reportJsonSchema(), null, INDENT)}\n`)
      return 0
    }
    if (config.save !== undefined) await expectPlace('--save', config.save)
    const policy = await readPolicy(config.policy)
    const signal = AbortSignal.timeout(config.timeout)
    const snapshot = await openLooker(config, policy)
      .look(signal)
      .catch((error: unknown) => {
        throw signal.aborted ? new Error(`the look took longer than ${config.timeout} ms (--timeout)`) : error
      })
    const probed = await withProbes(snapshot, config, signal)
    const exitCode = printReport(reportOf(probed, { policy }), config, io)
    if (config.save !== undefined) await saveFile(config.save, JSON.stringify(probed))
    return exitCode
  },
})
