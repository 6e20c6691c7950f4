import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

const ROOT = '/usr/lib/postgresql'
const USER = 'postgres'

/** A PostgreSQL of our own: a folder, a unix socket in it, no TCP port, ended and removed by stop(). */
export interface Postgres {
  readonly socketDirectory: string
  /** The process whose children are the server. */
  pid(): number
  /** Makes an empty database and gives its connection URI. */
  createDatabase(): Promise<string>
  /** Stops the server as `pg_ctl -m MODE` does and waits until it has. */
  halt(mode: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** Says why no PostgreSQL of our own can run here, or false when one can. */
export function whyNoPostgres(): string | false {
  if (process.getuid?.() !== 0) return 'starting PostgreSQL as its own user needs root'
  return findBinaries() === null && 'not installed: postgresql'
}

/** Debian keeps the server's commands out of PATH, one folder a version. */
function findBinaries(): string | null {
  try {
    const [newest] = readdirSync(ROOT).toSorted((a, b) => Number(b) - Number(a))
    return newest === undefined ? null : join(ROOT, newest, 'bin')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** @param settings more of them, as `postgres -c` takes them */
export async function startPostgres(settings: readonly string[] = []): Promise<Postgres> {
  const binaries = findBinaries()
  if (binaries === null) throw new Error('not installed: postgresql')
  const root = await mkdtemp(join(tmpdir(), 'ns-pg-'))
  const data = join(root, 'data')
  const { stdout: ids } = await execa('id', ['-u', USER])
  await chown(root, Number(ids), -1)
  const as = (command: string, ...args: readonly string[]) =>
    execa('setpriv', ['--reuid', USER, '--regid', USER, '--clear-groups', join(binaries, command), ...args], {
      cwd: root,
      stdin: 'ignore',
      timeout: 60_000,
    })
  const remove = () => rm(root, { recursive: true, force: true })
  const control = (...args: readonly string[]) => as('pg_ctl', '--pgdata', data, '--wait', '--silent', ...args)
  const start = async () => {
    const own = ["listen_addresses=''", `unix_socket_directories=${root}`, 'max_connections=100', ...settings]
    const options = own.map((setting) => `-c ${setting}`).join(' ')
    await control('--log', join(root, 'log'), '--options', options, 'start')
  }
  const halt = async (mode: 'fast' | 'immediate') => void (await control('--mode', mode, 'stop'))
  try {
    await as(
      'initdb',
      '--pgdata',
      data,
      '--auth',
      'trust',
      '--username',
      USER,
      '--locale',
      'C',
      '--encoding',
      'UTF8',
      '--no-sync',
    )
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    socketDirectory: root,
    pid: () => Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10),
    createDatabase: async () => {
      const name = `ns_${randomBytes(6).toString('hex')}`
      await as('createdb', '--host', root, '--username', USER, name)
      return `postgres://${USER}@/${name}?host=${encodeURIComponent(root)}`
    },
    halt,
    start,
    stop: async () => {
      await halt('immediate').catch((error: unknown) => {
        if (!String(error).includes('no server running') && !String(error).includes('PID file')) throw error
      })
      await remove()
    },
  }
}
