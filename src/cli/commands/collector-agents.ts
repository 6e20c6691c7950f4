import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { AgentRegister, EnrolledAgent } from '../../store/agents.ts'
import { type Command, defineCommand } from '../command.ts'
import { setting } from '../config.ts'
import { UsageError } from '../errors.ts'
import { shown } from '../render/text.ts'
import { text } from '../settings.ts'

const settings = {
  store: setting(text('the path of a store'), { value: 'FILE', description: "the collector's SQLite file" }),
}

const listCommand = defineCommand({
  name: 'list',
  summary: 'list who may speak, and by what',
  example: 'nsentinel collector agents list --store /var/lib/nsentinel/nsentinel.db',
  settings,
  run: async ({ store }, { stdout }) => {
    const agents = await using(store, (register) => register.list())
    for (const agent of agents) stdout.write(`${lineOf(agent)}\n`)
    if (agents.length === 0) stdout.write('no agent has enrolled\n')
    return 0
  },
})

const resetCommand = defineCommand({
  name: 'reset',
  operand: 'NAME',
  summary: 'forget what an agent is known by, so that it can enrol anew; its connection ends',
  example: 'nsentinel collector agents reset node-1 --store /var/lib/nsentinel/nsentinel.db',
  settings,
  run: async ({ store }, { stdout }, name) => {
    const known = await using(store, (register) => register.reset(name, { id: randomUUID(), now: Date.now() }))
    if (!known) throw new UsageError(`expected the name of an agent that has enrolled, got ${JSON.stringify(name)}`)
    stdout.write(`${shown(name)} is forgotten: whoever enrols under this name next is this agent\n`)
    return 0
  },
})

/** What an operator does with agents, on the store's file; a collector may be using it meanwhile. */
export const collectorAgents: Command = {
  attach: (program, io, onExit) => {
    const group = program
      .command('agents')
      .description('list and reset the agents that have enrolled')
      .helpCommand(false)
    for (const command of [listCommand, resetCommand]) command.attach(group, io, onExit)
  },
}

async function using<Result>(store: string, work: (register: AgentRegister) => Promise<Result>): Promise<Result> {
  // SQLite would make a file where none is.
  const there = await stat(store).catch(() => null)
  if (there?.isFile() !== true) throw new UsageError(`--store: expected the file of a store, got ${store}`)
  const { AgentRegister } = await import('../../store/agents.ts')
  const register = new AgentRegister(store)
  try {
    return await work(register)
  } finally {
    await register.close()
  }
}

function lineOf({ agentId, node, provenBy, isLasting, enrolledAt, lastSeenAt }: EnrolledAgent): string {
  const seen = lastSeenAt === null ? 'never seen' : `last seen ${new Date(lastSeenAt).toISOString()}`
  const proof = isLasting ? provenBy : `${provenBy} of one process`
  const since = `since ${new Date(enrolledAt).toISOString()}`
  return `${shown(agentId)}  by ${proof} ${since}  ${node === null ? 'no node' : `node ${shown(node)}`}  ${seen}`
}
