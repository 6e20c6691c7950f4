import { randomUUID } from 'node:crypto'
import { hashOf, newSecret } from '../../collector/auth/secret.ts'
import { ROLES } from '../../model/role.ts'
import type { ApiToken, TokenRegister } from '../../store/api-tokens.ts'
import { type Command, defineCommand } from '../command.ts'
import type { Config } from '../config.ts'
import { UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { registerSettings, usingDatabase } from '../register-place.ts'
import { choice, optionalAge } from '../settings.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

const createCommand = defineCommand({
  name: 'create',
  operand: 'NAME',
  summary: 'make a token and print it, this once; the store keeps its hash',
  example: 'nsentinel collector token create ci --role viewer --store /var/lib/nsentinel/nsentinel.db',
  settings: {
    ...registerSettings,
    role: choice(ROLES, 'viewer', 'what its holder may do: viewer reads, operator also changes (viewer)'),
    expiresIn: optionalAge('let it end by itself after so long; without it, it lasts until it is revoked'),
  },
  run: async ({ role, expiresIn = null, ...config }, io, name) => {
    if (!NAME.test(name)) {
      throw new UsageError(
        `expected a name of at most 63 letters, digits, dots, dashes and underscores, got ${JSON.stringify(name)}`,
      )
    }
    const secret = newSecret()
    const token = { name, role, tokenHash: hashOf(secret), expiresInMs: expiresIn, auditId: randomUUID() }
    const isNew = await using(config, io, (register) => register.create(token))
    if (!isNew) throw new UsageError(`expected a name that no token has or had, got ${name}`)
    io.stdout.write(`${secret}\n`)
    return 0
  },
})

const listCommand = defineCommand({
  name: 'list',
  summary: 'list all tokens, also those that ended',
  example: 'nsentinel collector token list --store /var/lib/nsentinel/nsentinel.db',
  settings: registerSettings,
  run: async (config, io) => {
    const tokens = await using(config, io, (register) => register.list())
    for (const token of tokens) io.stdout.write(`${lineOf(token)}\n`)
    if (tokens.length === 0) io.stdout.write('no token was made\n')
    return 0
  },
})

const revokeCommand = defineCommand({
  name: 'revoke',
  operand: 'NAME',
  summary: 'end a token: within 5 s no collector of this store answers it any more',
  example: 'nsentinel collector token revoke ci --store /var/lib/nsentinel/nsentinel.db',
  settings: registerSettings,
  run: async (config, io, name) => {
    const isDone = await using(config, io, (register) => register.revoke(name, randomUUID()))
    if (!isDone) throw new UsageError(`expected the name of a token that is not revoked, got ${JSON.stringify(name)}`)
    io.stdout.write(`${name} is revoked\n`)
    return 0
  },
})

/** What an operator does with the tokens of people and programs, on the store; collectors may be using it meanwhile. */
export const collectorToken: Command = {
  attach: (program, io, onExit) => {
    const group = program.command('token').description('make, list and revoke the tokens of viewers and operators')
    group.helpCommand(false)
    for (const command of [createCommand, listCommand, revokeCommand]) command.attach(group, io, onExit)
  },
}

async function using<Result>(
  config: Config<typeof registerSettings>,
  io: Io,
  work: (register: TokenRegister) => Promise<Result>,
): Promise<Result> {
  const { TokenRegister } = await import('../../store/api-tokens.ts')
  return usingDatabase(config, io, (database) => work(new TokenRegister(database)))
}

function lineOf({ name, role, createdAt, lastUsedAt, expiresAt, revokedAt }: ApiToken): string {
  const used = lastUsedAt === null ? 'never used' : `used ${timeOf(lastUsedAt)}`
  const end = revokedAt === null ? endOf(expiresAt) : `revoked ${timeOf(revokedAt)}`
  return `${name}  ${role}  made ${timeOf(createdAt)}  ${used}  ${end}`
}

function endOf(expiresAt: number | null): string {
  return expiresAt === null ? 'does not expire' : `expires ${timeOf(expiresAt)}`
}

function timeOf(at: number): string {
  return new Date(at).toISOString()
}
