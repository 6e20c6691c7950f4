import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** The command's own file, as a shell would run it. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line to its end, with no variable but PATH and these. */
export async function nsentinel(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, ...args], {
    reject: false,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '', ...env },
  })
  return { exitCode, stdout, stderr }
}
