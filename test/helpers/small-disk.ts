import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'

/** Says why no file system can be mounted here; false where one can. */
export function whyNoMount(): string | false {
  return process.getuid?.() !== 0 && 'mounting a file system takes root'
}

/** Mounts a file system of 16 MiB that ends with the test. */
export async function mountSmall(t: Test): Promise<string> {
  const path = t.testdir({ small: {} })
  const point = join(path, '..', `small-${process.pid}`)
  mkdirSync(point)
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=0700', 'tmpfs', point])
  t.teardown(async () => {
    await execa('umount', ['--lazy', point])
    rmSync(point, { recursive: true })
  })
  return point
}

/** Takes all the room that is left. */
export function fill(path: string): void {
  for (let bytes = 1 << 20; bytes >= 512; bytes >>= 1) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
}
