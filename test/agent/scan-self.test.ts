import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import { type HandMade, makeContainerCgroup, whyNoCgroups } from '../helpers/cgroups.ts'
import { whyNoNamespaces } from '../helpers/namespaces.ts'

const SCAN = fileURLToPath(new URL('../helpers/scan-child.ts', import.meta.url))

t.test(
  'marks the container that it runs in, and accepts of it what an agent needs',
  { skip: whyNoNamespaces() || whyNoCgroups() },
  async (t) => {
    const own = makeContainerCgroup(t)
    const snapshot = await scanFrom(own)

    const marked = snapshot.containers.filter(({ self }) => self === true)
    const { findings } = reportOf(snapshot)
    const statuses = findings
      .filter(({ subject }) => subject.containerId === own.id)
      .map(({ fact, status, acceptance }) => [fact, status, acceptance?.exception])

    t.strictSame(
      marked.map(({ id }) => id),
      [own.id],
    )
    t.strictSame(statuses, [
      ['net', 'accepted', 'nsentinel/self'],
      ['pid', 'accepted', 'nsentinel/self'],
      ['ipc', 'accepted', 'nsentinel/self'],
    ])
  },
)

/** Scans from inside a container's cgroup, in the namespaces of the host but for those that every container has. */
async function scanFrom(cgroup: HandMade): Promise<Snapshot> {
  const waiting = ['sh', '-c', 'read -r _ && exec "$@"', 'sh', process.execPath, SCAN]
  const child = execa('unshare', ['--mount', '--uts', ...waiting], { env: { NODE_OPTIONS: '' } })
  if (child.pid === undefined) throw new Error('sh did not start')
  cgroup.add(child.pid)
  child.stdin.end('go\n')
  const { stdout } = await child
  return JSON.parse(stdout)
}
