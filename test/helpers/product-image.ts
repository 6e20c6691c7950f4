import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import type { Docker } from './docker-command.ts'
import { importNodeImage } from './node-image.ts'
import { importToolsImage } from './tools-image.ts'

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
    await importToolsImage(docker, 'tools-base')
    const images = { NODE_IMAGE: 'node-base', BASE_IMAGE: 'node-base', TOOLS_IMAGE: 'tools-base' }
    const bases = Object.entries(images).flatMap(([name, image]) => ['--build-arg', `${name}=${image}`])
    await docker('build', '--quiet', '--tag', image, ...bases, folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
