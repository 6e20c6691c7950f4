import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Dockerd, type DockerdOptions, startPrivateDockerd } from './dockerd.ts'

/**
 * Starts a real dockerd for one test, with an image `busybox` whose default command sleeps; it ends with the test.
 * Its folder is short because a unix socket's path ends at 107 bytes, unix(7). Skip with `whyNoDockerd()`.
 */
export async function startDockerd(
  t: Test,
  options: Pick<DockerdOptions, 'bridge' | 'inside' | 'remapUsers'> = {},
): Promise<Dockerd> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  const dockerd = await startPrivateDockerd({ ...options, root, socketPath: join(root, 'docker.sock') })
  t.teardown(() => dockerd.stop())
  return dockerd
}
