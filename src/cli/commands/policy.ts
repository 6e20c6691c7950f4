import { reportOf } from '../../agent/findings.ts'
import { policyHashOf } from '../../agent/policy-hash.ts'
import { printable } from '../../model/printable.ts'
import { type Command, defineCommand } from '../command.ts'
import { setting } from '../config.ts'
import { openLooker } from '../look.ts'
import { loadPolicyFile, policySettings, problemLines, readPolicy } from '../policy-file.ts'
import { viewOf } from '../print.ts'
import { readSnapshot } from '../read-snapshot.ts'
import { renderPolicy } from '../render/policy.ts'
import { duration, scanSettings, text } from '../settings.ts'

const checkCommand = defineCommand({
  name: 'check',
  operand: 'FILE',
  summary: 'say what is wrong with a policy file, or what it accepts',
  example: 'nsentinel policy check policy.yaml',
  settings: {},
  run: async (_config, io, file) => {
    const loaded = await loadPolicyFile(file)
    if (loaded.ok) {
      io.stdout.write(renderPolicy(loaded.policy, policyHashOf(loaded.policy), Date.now(), viewOf(io)))
      return 0
    }
    for (const line of problemLines(file, loaded.problems)) io.stderr.write(`${printable(line)}\n`)
    return 2
  },
})

const suggestCommand = defineCommand({
  name: 'suggest',
  summary: 'write the exceptions that would accept what is open now, each with a reason to fill in',
  example: 'nsentinel policy suggest --from snapshot.json > policy.yaml',
  settings: {
    from: setting(text('the path of a file').optional(), {
      value: 'FILE',
      description: 'a saved snapshot, or the JSON of a scan; without it this machine is looked at',
    }),
    ...policySettings,
    ...scanSettings,
    timeout: duration('30s', 'give up when a look takes longer'),
  },
  run: async (config, io) => {
    const policy = await readPolicy(config.policy)
    const snapshot =
      config.from === undefined
        ? await openLooker(config, policy).look(AbortSignal.timeout(config.timeout))
        : await readSnapshot(config.from)
    const { suggestPolicy } = await import('../../policy/suggest.ts')
    io.stdout.write(suggestPolicy(reportOf(snapshot, { policy })))
    return 0
  },
})

export const policyCommand: Command = {
  attach: (program, io, onExit) => {
    const group = program.command('policy').description('check a policy file, or write one').helpCommand(false)
    for (const command of [checkCommand, suggestCommand]) command.attach(group, io, onExit)
  },
}
