import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { removeBridge } from './docker-bridge.ts'

const CGROUPS = '/sys/fs/cgroup'

/** Takes away all that a dockerd which has ended left behind: mounts (network namespaces), cgroups, bridge and folder. */
export async function removeLeftovers(root: string): Promise<void> {
  for (const mount of mountsBelow(root)) await execa('umount', ['--lazy', mount], { reject: false })
  for (const hierarchy of ['', ...readdirSync(CGROUPS)]) removeCgroup(join(CGROUPS, hierarchy, basename(root)))
  await removeBridge(root)
  await rm(root, { recursive: true, force: true })
}

function mountsBelow(root: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  return mounts.filter((mount) => mount.startsWith(`${root}/`)).reverse()
}

function removeCgroup(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(join(folder, entry.name))
  }
  rmdirSync(folder)
}
