import { execa } from 'execa'
import type { Test } from 'tap'
import * as z from 'zod'
import type { Workload } from './pod-spec.ts'

export const objectShape = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
})

/** Tells whether an object belongs to no namespace. */
export function isClusterWide({ kind }: z.output<typeof objectShape>): boolean {
  return kind === 'Namespace' || kind.startsWith('ClusterRole')
}

/** Every flag of a workload is one of its command's, and so is every variable. */
export async function checkFlags(t: Test, workload: Workload): Promise<void> {
  const [{ args, env }] = workload.spec.template.spec.containers
  const [command = '', ...flags] = args
  const { stdout } = await execa(process.execPath, ['src/cli/main.ts', command, '--help'])
  const known = [...stdout.matchAll(/^ {2}(?<flag>--[a-z-]+)/gm)].map(({ groups }) => groups?.['flag'] ?? '')
  const variables = known.map((flag) => `NSENTINEL_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)

  t.ok(known.length > 3)
  for (const flag of flags) t.ok(known.includes(flag.replace(/=.*/, '')), `${command} ${flag}`)
  for (const { name } of env) t.ok(variables.includes(name), `${command} ${name}`)
}

/** The value that a workload gives to a flag. */
export function flagValue(workload: Workload, flag: string): string | undefined {
  const [{ args }] = workload.spec.template.spec.containers
  return args.find((argument) => argument.startsWith(`${flag}=`))?.slice(flag.length + 1)
}
