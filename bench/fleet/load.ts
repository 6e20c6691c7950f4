import type { LoadCommand, LoadResults } from './commands.ts'
import { Fleet } from './fleet.ts'
import { watchDashboard } from './watch.ts'

const fleet = new Fleet()

process.on('message', ({ id, command }: { readonly id: number; readonly command: LoadCommand }) => {
  void run(command).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, problem: String(error) }),
  )
})
process.on('disconnect', () => process.exit())

function run(command: LoadCommand): Promise<LoadResults[keyof LoadResults]> {
  switch (command.name) {
    case 'connect':
      return fleet.connect(command)
    case 'flood':
      return fleet.flood(command)
    case 'pace':
      return fleet.pace(command)
    case 'watch':
      return watchDashboard(command)
    case 'return':
      return fleet.returnAll(command)
    case 'ledger':
      return fleet.finish()
  }
}
