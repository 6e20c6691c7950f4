import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { until } from './until.ts'

/** A cgroup as a runtime would make it for one container, without any runtime. */
export interface HandMade {
  /** 64 hex digits. */
  readonly id: string
  /** Moves a process in, with all its threads. */
  add(pid: number): void
}

/** O_PATH of open(2), which Node does not name. */
const O_PATH = 0o10000000

/** Says why no cgroup can be made here, or false when one can. */
export function whyNoCgroups(): string | false {
  if (process.getuid?.() !== 0) return 'making cgroups needs root'
  if (hierarchy() === undefined) return 'no cgroup2 hierarchy is mounted'
  const probe = join(hierarchy() ?? '', `nsentinel-probe-${randomBytes(6).toString('hex')}`)
  try {
    mkdirSync(probe)
    rmdirSync(probe)
    return false
  } catch {
    return 'the cgroup hierarchy is not writable'
  }
}

/**
 * Makes `…/docker/<id>`, which is removed at the end of the test: processes started after it have ended by then.
 *
 * @param below a folder inside it, where the processes go
 */
export function makeContainerCgroup(t: Test, id = randomBytes(32).toString('hex'), ...below: string[]): HandMade {
  let folder = openSync(hierarchy() ?? '', O_PATH)
  for (const name of [`nsentinel-${randomBytes(6).toString('hex')}`, 'docker', id, ...below]) {
    folder = makeFolder(t, folder, name)
  }
  return { id, add: (pid) => writeFileSync(`/proc/self/fd/${folder}/cgroup.procs`, String(pid)) }
}

/** Makes a folder in an open one, as a whole path may be longer than the 4096 bytes that a system call takes. */
function makeFolder(t: Test, parent: number, name: string): number {
  const path = `/proc/self/fd/${parent}/${name}`
  mkdirSync(path)
  const folder = openSync(path, O_PATH)
  t.teardown(async () => {
    closeSync(folder)
    await until(() => (isRemoved(path) ? true : undefined))
  })
  return folder
}

function hierarchy(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1]
}

/** A process that was killed leaves its cgroup a moment later. */
function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY') return false
    throw error
  }
}
