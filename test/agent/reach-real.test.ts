import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import type { Report } from '../../src/model/finding.ts'
import { makeContainerCgroup, whyNoCgroups } from '../helpers/cgroups.ts'
import { STAY, start, unshared, whyNoNamespaces } from '../helpers/namespaces.ts'
import { scanMachine } from '../helpers/scan-machine.ts'

const skip = whyNoNamespaces() || whyNoCgroups()

function evidenceOf({ findings }: Report, id: string, rule: string) {
  return findings.find((finding) => finding.rule === rule && finding.subject.containerId === id)?.evidence
}

t.test('shows in a finding what a container reaches in this machine’s namespaces', { skip }, async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  const named = createServer().listen('\0!nsentinel-test-reach')
  t.teardown(() => [server, named].map((listening) => listening.close()))
  await Promise.all([once(server, 'listening'), once(named, 'listening')])
  const cgroup = makeContainerCgroup(t)
  const { pid } = await start(t, 'setpriv', '--no-new-privs', 'sh', '-c', STAY)
  cgroup.add(pid)

  const report = await scanMachine()
  const evidence = (rule: string) => evidenceOf(report, cgroup.id, rule)?.['reach']

  t.match(evidence('shared-net-namespace'), {
    loopbackListeners: { items: /tcp\/127\.0\.0\.1\// },
    abstractSockets: { items: /!nsentinel-test-reach/ },
    interfaces: { items: [{ name: 'eth0' }] },
  })
  t.match(evidence('shared-pid-namespace'), { hostProcesses: { total: Number }, mayTrace: 'all' })
  t.match(evidence('shared-ipc-namespace'), { sharedMemory: { total: Number } })
})

t.test('reads what is not the host’s for nobody', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const { pid } = await unshared(t, '--net', '--ipc', '--pid', '--mount-proc')
  cgroup.add(pid)

  const report = await scanMachine()

  t.notOk(evidenceOf(report, cgroup.id, 'shared-net-namespace'))
  t.notOk(evidenceOf(report, cgroup.id, 'shared-pid-namespace'))
})
