import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { runScan } from '../../src/agent/scan.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import { createHostSource } from '../../src/sources/host.ts'
import { createNatSource } from '../../src/sources/nat/nat.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'

export interface ScanChildOptions {
  /** Where the procfs is mounted. */
  readonly root?: string
  readonly nestedNode?: boolean
  /** Whose rights it takes on while it runs: the kernel then calls its own /proc/self root's. */
  readonly become?: number
}

/** Starts what follows as nobody, with the one right to read the clone and Node wherever they are. */
export const AS_NOBODY: readonly string[] = [
  ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
  ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'],
]

/** Scans without runtimes in a process of its own, which the words before it, such as unshare(1), can put elsewhere. */
export async function scanElsewhere(before: readonly string[], options: ScanChildOptions = {}): Promise<Snapshot> {
  const [command = '', ...args] = [...before, process.execPath, import.meta.filename, JSON.stringify(options)]
  const { stdout } = await execa(command, args, { env: { NODE_OPTIONS: '' } })
  return JSON.parse(stdout)
}

async function scanHere({ root = '/proc', become, nestedNode = false }: ScanChildOptions): Promise<Snapshot> {
  const node = createHostSource({ procRoot: root, nodeName: 'test' })
  const { signal } = new AbortController()
  await node.read(signal)
  if (become !== undefined) process.setuid?.(become)
  const tasks = new Procfs(root)
  return await runScan(
    {
      tasks,
      runtimes: [],
      node,
      nat: createNatSource({ procRoot: root }),
      nestedNode,
      policyHash: null,
      now: Date.now,
    },
    signal,
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(JSON.stringify(await scanHere(JSON.parse(process.argv[2] ?? '{}'))))
}
