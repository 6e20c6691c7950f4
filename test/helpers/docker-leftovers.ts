import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { removeBridge } from './docker-bridge.ts'

const CGROUPS = '/sys/fs/cgroup'
const ENDING_MS = 20_000
const POLL_MS = 25

/**
 * Takes away all that a dockerd of ours left behind, also one that was killed: processes that belong to its folder or
 * its cgroup, mounts (network namespaces), cgroups, the bridge and the folder.
 */
export async function removeLeftovers(root: string): Promise<void> {
  const cgroups = ['', ...readdirSync(CGROUPS)].map((hierarchy) => join(CGROUPS, hierarchy, basename(root)))
  for (const cgroup of cgroups) thaw(cgroup)
  await endProcesses(() => [...new Set([...processesOf(root), ...cgroups.flatMap(membersOf)])])
  for (const mount of mountsBelow(root)) await execa('umount', ['--lazy', mount], { reject: false })
  for (const cgroup of cgroups) removeCgroup(cgroup)
  await removeBridge(root)
  await rm(root, { recursive: true, force: true })
}

async function endProcesses(list: () => readonly number[]): Promise<void> {
  const deadline = Date.now() + ENDING_MS
  for (let pids = list(); pids.length > 0; pids = list()) {
    if (Date.now() > deadline) throw new Error(`processes ${pids.join(', ')} of an ended dockerd do not end`)
    for (const pid of pids) kill(pid)
    await delay(POLL_MS)
  }
}

/** The daemon, its containerd and their shims all name the exec root; a zombie's command line is empty. */
function processesOf(root: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).includes(`${root}/exec`))
    .map(Number)
}

function membersOf(cgroup: string): number[] {
  const members = read(join(cgroup, 'cgroup.procs'))
    .split('\n')
    .filter((pid) => Number(pid) > 0)
  return [...members.map(Number), ...foldersIn(cgroup).flatMap(membersOf)]
}

/** A paused container on cgroup v1 does not take a signal, not even SIGKILL, before it is thawed. */
function thaw(cgroup: string): void {
  for (const folder of foldersIn(cgroup)) thaw(folder)
  const state = join(cgroup, 'freezer.state')
  if (existsSync(state)) writeFileSync(state, 'THAWED')
}

function mountsBelow(root: string): string[] {
  const mounts = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  return mounts.filter((mount) => mount.startsWith(`${root}/`)).reverse()
}

function removeCgroup(cgroup: string): void {
  for (const folder of foldersIn(cgroup)) removeCgroup(folder)
  if (existsSync(cgroup)) rmdirSync(cgroup)
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
}

/** A process or cgroup may end between listing and reading. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
