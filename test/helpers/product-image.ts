import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import type { Docker } from './docker-command.ts'
import { importNodeImage } from './node-image.ts'

const SOURCES = ['src', 'scripts', 'docs', 'node_modules', 'package.json', 'tsconfig.json']
const CONTEXT = ['Dockerfile', '.dockerignore', 'LICENSE']

/** Bundles this working tree, away from its own `dist`, and builds the Dockerfile on a base made here. */
export async function buildProductImage(docker: Docker, image: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-image-'))
  try {
    for (const name of SOURCES) await symlink(resolve(name), join(folder, name))
    for (const name of CONTEXT) await copyFile(name, join(folder, name))
    await execa(process.execPath, ['scripts/build.ts'], { cwd: folder })
    await importNodeImage(docker, 'node-base')
    const bases = ['NODE_IMAGE', 'BASE_IMAGE'].flatMap((name) => ['--build-arg', `${name}=node-base`])
    await docker('build', '--quiet', '--tag', image, ...bases, folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
