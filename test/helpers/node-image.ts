import { copyFile, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Docker } from './docker-command.ts'

/**
 * Makes an image of this process's Node.js and the shared libraries it needs, and nothing else: no shell, as in the
 * image that ships. It stands in for both NODE_IMAGE and BASE_IMAGE of the Dockerfile, which are in a registry.
 */
export async function importNodeImage(docker: Docker, image: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-image-'))
  try {
    const root = join(folder, 'root')
    await mkdir(join(root, 'tmp'), { recursive: true })
    await copyInto(root, process.execPath, '/usr/local/bin/node')
    for (const library of await librariesOf(process.execPath)) await copyInto(root, library, library)
    await execa('tar', ['--create', '--file', join(folder, 'tar'), '--directory', root, '.'])
    await docker('import', join(folder, 'tar'), image)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Lists the shared libraries that a program needs, and the loader. */
export async function librariesOf(binary: string): Promise<string[]> {
  const { stdout } = await execa('ldd', [binary])
  return [...stdout.matchAll(/(?<path>\/\S+) \(0x/g)].flatMap(({ groups }) => groups?.['path'] ?? [])
}

/** Copies a file of this machine to its place under a root. */
export async function copyInto(root: string, from: string, to: string): Promise<void> {
  await mkdir(join(root, dirname(to)), { recursive: true })
  await copyFile(await realpath(from), join(root, to))
}
