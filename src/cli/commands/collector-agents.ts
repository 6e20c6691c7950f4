import { randomUUID } from 'node:crypto'
import type { AgentRegister, EnrolledAgent } from '../../store/agents.ts'
import { type Command, defineCommand } from '../command.ts'
import type { Config } from '../config.ts'
import { UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { registerSettings, usingDatabase } from '../register-place.ts'
import { shown } from '../render/text.ts'

const listCommand = defineCommand({
  name: 'list',
  summary: 'list who may speak, and by what',
  example: 'nsentinel collector agents list --store /var/lib/nsentinel/nsentinel.db',
  settings: registerSettings,
  run: async (config, io) => {
    const agents = await using(config, io, (register) => register.list())
    for (const agent of agents) io.stdout.write(`${lineOf(agent)}\n`)
    if (agents.length === 0) io.stdout.write('no agent has enrolled\n')
    return 0
  },
})

const resetCommand = defineCommand({
  name: 'reset',
  operand: 'NAME',
  summary: 'forget what an agent is known by, so that it can enrol anew; its connection ends',
  example: 'nsentinel collector agents reset node-1 --store /var/lib/nsentinel/nsentinel.db',
  settings: registerSettings,
  run: async (config, io, name) => {
    const known = await using(config, io, (register) => register.reset(name, { id: randomUUID(), now: Date.now() }))
    if (!known) throw new UsageError(`expected the name of an agent that has enrolled, got ${JSON.stringify(name)}`)
    io.stdout.write(`${shown(name)} is forgotten: whoever enrols under this name next is this agent\n`)
    return 0
  },
})

/** What an operator does with agents, on the store; collectors may be using it meanwhile. */
export const collectorAgents: Command = {
  attach: (program, io, onExit) => {
    const group = program
      .command('agents')
      .description('list and reset the agents that have enrolled')
      .helpCommand(false)
    for (const command of [listCommand, resetCommand]) command.attach(group, io, onExit)
  },
}

async function using<Result>(
  config: Config<typeof registerSettings>,
  io: Io,
  work: (register: AgentRegister) => Promise<Result>,
): Promise<Result> {
  const { AgentRegister } = await import('../../store/agents.ts')
  return usingDatabase(config, io, (database) => work(new AgentRegister(database)))
}

function lineOf({ agentId, node, provenBy, isLasting, enrolledAt, lastSeenAt }: EnrolledAgent): string {
  const seen = lastSeenAt === null ? 'never seen' : `last seen ${new Date(lastSeenAt).toISOString()}`
  const proof = isLasting ? provenBy : `${provenBy} of one process`
  const since = `since ${new Date(enrolledAt).toISOString()}`
  return `${shown(agentId)}  by ${proof} ${since}  ${node === null ? 'no node' : `node ${shown(node)}`}  ${seen}`
}
