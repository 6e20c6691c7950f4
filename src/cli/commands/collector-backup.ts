import { defineCommand } from '../command.ts'
import { setting } from '../config.ts'
import { text } from '../settings.ts'

/** `nsentinel collector backup`: a copy of the store, while a collector uses it. */
export const collectorBackup = defineCommand({
  name: 'backup',
  operand: 'FILE',
  summary: 'copy the store into a new file, while a collector uses it',
  example: 'nsentinel collector backup nsentinel.backup --store /var/lib/nsentinel/nsentinel.db',
  settings: {
    store: setting(text('the path of a file'), { value: 'FILE', description: 'the SQLite file to copy' }),
  },
  run: async (config, _io, file) => {
    const { backUp } = await import('../backup-file.ts')
    await backUp(config.store, file)
    return 0
  },
})
