import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { run } from '../../src/cli/run.ts'

/** The command's own file, as a shell would run it. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Unless a test says otherwise, it opens no connection to whatever else listens on this machine. */
export const ASKING_NOBODY = { NSENTINEL_PROBE: 'off' }

/** Runs a command line to its end, with no variable but PATH and these. */
export async function nsentinel(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, ...args], {
    reject: false,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '', ...ASKING_NOBODY, ...env },
  })
  return { exitCode, stdout, stderr }
}

/** Runs a command line to its end inside this process, which is quicker: for what ends before anything starts. */
export async function nsentinelHere(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const collect = (name: keyof typeof written) =>
    new PassThrough().on('data', (chunk) => {
      written[name] += chunk
    })
  const argv = [process.execPath, MAIN, ...args]
  const exitCode = await run({ argv, env, stdout: collect('stdout'), stderr: collect('stderr') })
  return { exitCode, stdout: written.stdout.trimEnd(), stderr: written.stderr.trimEnd() }
}
