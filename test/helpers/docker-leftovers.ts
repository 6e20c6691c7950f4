import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

const CGROUPS = '/sys/fs/cgroup'

/** Takes away what a dockerd that has ended leaves behind: its mounts (network namespaces) and its cgroup. */
export async function removeLeftovers(root: string, cgroup: string): Promise<void> {
  for (const mount of mountsBelow(root)) await execa('umount', ['--lazy', mount], { reject: false })
  for (const hierarchy of ['', ...readdirSync(CGROUPS)]) removeCgroup(join(CGROUPS, hierarchy, cgroup))
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
