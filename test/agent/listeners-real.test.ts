import t from 'tap'
import { makeContainerCgroup, whyNoCgroups } from '../helpers/cgroups.ts'
import { startProgram, whyNoListening } from '../helpers/listening.ts'
import { scanMachine } from '../helpers/scan-machine.ts'

const skip = whyNoListening() || whyNoCgroups()

/** Listens on a port that nobody else has, not one of the ephemeral range. */
const LISTEN = `
  for (let port = 20000; !open.has('a'); port++) await tcp('a', { port, host: '127.0.0.77' }).catch(() => open.delete('a'))
  return open.get('a').address().port`

t.test(
  'finds this machine’s listener in the hands of a container that has a network of its own',
  { skip },
  async (t) => {
    const cgroup = makeContainerCgroup(t)
    const program = await startProgram(t, '', [])
    const port = await program.run(LISTEN)
    const heir = Number(await program.run(`return await give('a', 'unshare', '--net', '--ipc')`))
    cgroup.add(heir)

    const { listeners, findings } = await scanMachine()

    t.match(
      findings.find(({ rule, subject }) => rule === 'held-host-namespace' && subject.containerId === cgroup.id),
      { fact: `tcp/127.0.0.77/${port}`, evidence: { tasks: [{ pid: heir }] } },
    )
    const listener = listeners.find((one) => one.address === '127.0.0.77' && one.port === port)
    t.match(listener, { netInode: program.inode, family: 'ipv4', protocol: 'tcp' })
    t.match(listener?.owners, [
      { pid: program.pid, comm: /node|MainThread/ },
      { pid: heir, containerId: cgroup.id },
    ])
  },
)

t.test('names the container that listens in a net namespace of its own', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const program = await startProgram(t, `await tcp('a', { port: 80, host: '::1' })`)
  cgroup.add(program.pid)

  const { listeners, findings } = await scanMachine()

  t.match(
    listeners.filter(({ netInode }) => netInode === program.inode),
    [{ address: '::1', port: 80, family: 'ipv6', owners: [{ containerId: cgroup.id, pid: program.pid }] }],
  )
  t.notOk(findings.some(({ rule, subject }) => rule === 'held-host-namespace' && subject.containerId === cgroup.id))
})
