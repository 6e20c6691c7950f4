import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import t from 'tap'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** One row of the import table in CONTRIBUTING.md: what a folder may import, and a sample of what it may not. */
interface Row {
  readonly folder: string
  readonly allowed: readonly string[]
  readonly refused: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    folder: 'src/model',
    allowed: ['./gap.ts'],
    refused: ['node:fs', 'node:crypto', 'zod', '../rules/index.ts', '../agent/scan.ts', '../sources/source.ts'],
  },
  {
    folder: 'src/rules',
    allowed: ['./severity.ts', '../model/snapshot.ts'],
    refused: [
      'node:fs',
      'zod',
      '../sources/source.ts',
      '../policy/policy.ts',
      '../agent/scan.ts',
      '../transport/transport.ts',
      '../store/store.ts',
      '../collector/server.ts',
    ],
  },
  {
    folder: 'src/sources',
    allowed: ['./source.ts', '../model/gap.ts', 'node:fs', 'dockerode', '@grpc/grpc-js', 'systeminformation'],
    refused: ['ws', '../rules/index.ts', '../agent/scan.ts', '../transport/transport.ts', '../store/store.ts'],
  },
  {
    folder: 'src/sources/procfs',
    allowed: ['./stat.ts', '../source.ts', '../../model/task.ts', 'node:fs'],
    refused: ['../../rules/index.ts', '../../agent/scan.ts', '../../transport/transport.ts', '../../store/store.ts'],
  },
  {
    folder: 'src/probe',
    allowed: ['./probe.ts', '../model/port.ts', 'node:net', 'execa'],
    refused: ['dockerode', '../rules/index.ts', '../transport/transport.ts', '../store/store.ts'],
  },
  {
    folder: 'src/policy',
    allowed: ['./match.ts', '../model/finding.ts', 'zod', 'yaml'],
    refused: [
      'node:fs',
      '../sources/source.ts',
      '../transport/transport.ts',
      '../store/store.ts',
      '../collector/server.ts',
    ],
  },
  {
    folder: 'src/agent',
    allowed: [
      './join.ts',
      '../model/container.ts',
      '../rules/index.ts',
      '../policy/match.ts',
      '../sources/source.ts',
      '../probe/probe.ts',
      '../transport/transport.ts',
      'node:crypto',
    ],
    refused: [
      'zod',
      '../sources/procfs/procfs.ts',
      '../sources/docker/docker.ts',
      '../transport/client.ts',
      '../store/store.ts',
      '../collector/server.ts',
      '../cli/run.ts',
    ],
  },
  {
    folder: 'src/transport',
    allowed: ['./protocol.ts', '../model/changes.ts', 'ws', 'zod', 'node:crypto'],
    refused: ['kysely', '../rules/index.ts', '../sources/source.ts', '../agent/scan.ts', '../store/store.ts'],
  },
  {
    folder: 'src/store',
    allowed: ['./store.ts', '../model/view.ts', 'kysely', 'pg', 'node:fs', 'node:sqlite', 'node:worker_threads'],
    refused: ['fastify', '../transport/protocol.ts', '../collector/server.ts', '../agent/scan.ts'],
  },
  {
    folder: 'src/collector',
    allowed: [
      './server.ts',
      '../model/view.ts',
      '../store/store.ts',
      '../store/command-store.ts',
      '../transport/protocol.ts',
      '../rules/index.ts',
    ],
    refused: [
      'kysely',
      'pg',
      'node:sqlite',
      'dockerode',
      '../agent/scan.ts',
      '../sources/source.ts',
      '../rules/severity.ts',
      '../store/sqlite-dialect.ts',
      '../cli/run.ts',
    ],
  },
  {
    folder: 'src/dashboard',
    allowed: ['./live.ts', '../model/view.ts', 'preact', 'preact/hooks', 'uplot'],
    refused: ['node:fs', 'fs', 'ws', '../agent/scan.ts', '../transport/protocol.ts', '../collector/server.ts'],
  },
  {
    folder: 'src/cli',
    allowed: ['../agent/scan.ts', '../sources/procfs/procfs.ts', '../store/store.ts', '../collector/server.ts'],
    refused: [],
  },
]

const PURE_FOLDERS = ['src/model', 'src/rules']

/** Ways to a clock, an environment, a network or chance. */
const IMPURE_GLOBALS = ['Date', 'process', 'fetch', 'performance', 'crypto', 'setTimeout', 'globalThis']

t.test('the linter refuses what the import table does', async (t) => {
  const imports = ROWS.flatMap(({ folder, allowed, refused }) => [
    ...allowed.map((specifier) => ({ folder, specifier, refused: false })),
    ...refused.map((specifier) => ({ folder, specifier, refused: true })),
  ])
  const globals = PURE_FOLDERS.flatMap((folder) => IMPURE_GLOBALS.map((name) => ({ folder, name })))
  const files = [
    ...imports.map(({ specifier }) => `import { x } from '${specifier}'\n\nexport const y = x\n`),
    ...globals.map(({ name }) => `export const y = ${name}\n`),
  ]
  const folders = [...imports, ...globals].map(({ folder }) => folder)
  const root = await mkdtemp(join(tmpdir(), 'nsentinel-'))
  t.teardown(() => rm(root, { recursive: true }))
  const complaints = await lint(root, files, folders)

  for (const [index, { folder, specifier, refused }] of imports.entries()) {
    const found = /noRestrictedImports|noNodejsModules/.test(complaints[index] ?? '')
    t.equal(found, refused, `${folder} ${refused ? 'may not' : 'may'} import ${specifier}`)
  }
  for (const [index, { folder, name }] of globals.entries()) {
    t.match(complaints[imports.length + index], 'noRestrictedGlobals', `${folder} may not use ${name}`)
  }
})

/** Lints these files with the project's own configuration, in a folder of their own; gives the complaints of each. */
async function lint(root: string, files: readonly string[], folders: readonly string[]): Promise<string[]> {
  await copyFile(join(ROOT, 'biome.json'), join(root, 'biome.json'))
  const paths = files.map((_, index) => join(`${folders[index]}`, `case-${index}.ts`))
  for (const [index, text] of files.entries()) {
    const file = join(root, paths[index] ?? '')
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  const biome = join(ROOT, 'node_modules/.bin/biome')
  const options = ['--vcs-enabled=false', '--reporter=github', '--max-diagnostics=none']
  const { stdout } = await execa(biome, ['lint', ...options, '.'], { cwd: root, reject: false })
  const lines = stdout.split('\n')
  return paths.map((path) => lines.filter((line) => line.includes(`${path},`)).join('\n'))
}
