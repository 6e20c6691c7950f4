import { reportOf } from '../../agent/findings.ts'
import { policyHashOf } from '../../agent/policy-hash.ts'
import { defineCommand } from '../command.ts'
import { policySettings, readPolicy } from '../policy-file.ts'
import { printReport } from '../print.ts'
import { readSnapshot } from '../read-snapshot.ts'
import { outputSettings } from '../settings.ts'

export const replayCommand = defineCommand({
  name: 'replay',
  operand: 'FILE',
  summary: 'judge a saved snapshot again: the same findings, offline',
  example: 'nsentinel replay snapshot.json --container web',
  settings: { ...outputSettings, ...policySettings },
  run: async (config, io, file) => {
    const policy = await readPolicy(config.policy)
    const policyHash = policyHashOf(policy)
    const snapshot = await readSnapshot(file)
    if (snapshot.policyHash !== null && snapshot.policyHash !== policyHash)
      io.stderr.write('nsentinel: another policy was in force when this was taken: what is accepted may differ\n')
    return printReport(reportOf({ ...snapshot, policyHash }, { policy }), config, io)
  },
})
