import { globSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { isInstalled } from './commands.ts'
import type { Docker } from './docker-command.ts'
import { copyInto, librariesOf } from './node-image.ts'

const LISTING = ['nft', 'iptables-nft-save', 'ip6tables-nft-save', 'iptables-legacy-save', 'ip6tables-legacy-save']
const TOOLS = ['/usr/bin/ss', ...LISTING.map((name) => `/usr/sbin/${name}`)]
const APPLETS = ['sh', 'sed', 'sort', 'grep', 'mkdir', 'tar']
const MERGED = ['bin', 'sbin', 'lib', 'lib64']

/** Says why the product's image cannot be made here, or false when it can. */
export function whyNoTools(): string | false {
  const missing = TOOLS.filter((tool) => !isInstalled(tool))
  return missing.length > 0 && `not installed: ${missing.join(', ')}`
}

/**
 * Makes an image of this machine's programs that list NAT rules and sockets, and of what the Dockerfile's stage for them runs: a
 * shell, ldd(1) and tar(1). It stands in for TOOLS_IMAGE, which is in a registry and would install packages.
 */
export async function importToolsImage(docker: Docker, image: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-image-'))
  try {
    const root = join(folder, 'root')
    for (const name of MERGED) {
      await mkdir(join(root, 'usr', name), { recursive: true })
      await symlink(`usr/${name}`, join(root, name))
    }
    await mkdir(join(root, 'tmp'))
    await copyInto(root, '/bin/busybox', '/usr/bin/busybox')
    for (const applet of APPLETS) await symlink('busybox', join(root, 'usr/bin', applet))
    await copyInto(root, '/usr/bin/ldd', '/usr/bin/ldd')
    const programs = ['/bin/bash', ...TOOLS]
    for (const program of programs) {
      await copyInto(root, program, program)
      for (const library of await librariesOf(program)) await copyInto(root, library, library)
    }
    for (const modules of globSync('/usr/lib/*-linux-gnu/xtables')) {
      await mkdir(join(root, dirname(modules)), { recursive: true })
      await cp(modules, join(root, modules), { recursive: true })
    }
    await execa('tar', ['--create', '--file', join(folder, 'tar'), '--directory', root, '.'])
    await docker('import', join(folder, 'tar'), image)
  } finally {
    await rm(folder, { recursive: true })
  }
}
