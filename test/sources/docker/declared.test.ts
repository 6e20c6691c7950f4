import t from 'tap'
import { parseDeclared, parseDefaultUser } from '../../../src/sources/docker/declared.ts'
import { parseInspected } from '../../../src/sources/docker/docker-schema.ts'
import { inspection } from '../../helpers/fake-docker.ts'

const TARGET = 'c'.repeat(64)
const context = {
  runtime: 'docker',
  defaultUser: { declared: 'host', by: 'docker without userns-remap' },
  resolve: (reference: string) => (reference === 'web' || reference === TARGET ? TARGET : null),
} as const

const declaredOf = (HostConfig: Readonly<Record<string, string>>) => {
  const container = inspection({ HostConfig })
  return parseDeclared(parseInspected(container, container.Id).HostConfig, context)
}

t.test('reads each mode as the daemon means it', async (t) => {
  const cases = [
    ['net', 'NetworkMode', 'host', 'host'],
    ['net', 'NetworkMode', 'bridge', 'private'],
    ['net', 'NetworkMode', 'default', 'private'],
    ['net', 'NetworkMode', 'none', 'private'],
    ['net', 'NetworkMode', 'backend', 'private'],
    ['net', 'NetworkMode', 'hostnet', 'private'],
    ['net', 'NetworkMode', `container:${TARGET}`, `container:${TARGET}`],
    ['net', 'NetworkMode', 'container:web', `container:${TARGET}`],
    ['net', 'NetworkMode', 'container:gone', 'unknown'],
    ['net', 'NetworkMode', 'ns:/run/netns/blue', 'path:/run/netns/blue'],
    ['pid', 'PidMode', 'host', 'host'],
    ['pid', 'PidMode', 'container:web', `container:${TARGET}`],
    ['ipc', 'IpcMode', 'host', 'host'],
    ['ipc', 'IpcMode', 'private', 'private'],
    ['ipc', 'IpcMode', 'shareable', 'private'],
    ['ipc', 'IpcMode', 'none', 'private'],
    ['ipc', 'IpcMode', 'container:web', `container:${TARGET}`],
    ['uts', 'UTSMode', 'host', 'host'],
    ['user', 'UsernsMode', 'host', 'host'],
    ['user', 'UsernsMode', 'keep-id', 'private'],
    ['cgroup', 'CgroupnsMode', 'host', 'host'],
    ['cgroup', 'CgroupnsMode', 'private', 'private'],
  ] as const

  for (const [kind, field, mode, declared] of cases) {
    const found = declaredOf({ [field]: mode })[kind]
    t.strictSame(found, { declared, by: `docker HostConfig.${field}=${mode}` }, `${field}=${mode}`)
  }
})

t.test('knows what the daemon does where nothing is said', async (t) => {
  t.strictSame(declaredOf({}), {
    net: { declared: 'private', by: 'docker default' },
    pid: { declared: 'private', by: 'docker default' },
    ipc: { declared: 'private', by: 'docker default' },
    mnt: { declared: 'private', by: 'docker always' },
    uts: { declared: 'private', by: 'docker default' },
    user: { declared: 'host', by: 'docker without userns-remap' },
    cgroup: { declared: 'host', by: 'docker default' },
    time: { declared: 'host', by: 'docker makes no time namespace' },
  })
})

t.test('does not take the host network for the host name: Docker keeps the uts namespace private', async (t) => {
  t.match(declaredOf({ NetworkMode: 'host' }), { net: { declared: 'host' }, uts: { declared: 'private' } })
})

t.test('cuts a mode that somebody made long', async (t) => {
  t.ok((declaredOf({ NetworkMode: 'x'.repeat(4000) }).net.by ?? '').length < 200)
})

t.test('takes the default user namespace from how the daemon runs', async (t) => {
  t.equal(parseDefaultUser('docker', ['seccomp']).declared, 'host')
  t.equal(parseDefaultUser('docker', ['seccomp', 'userns']).declared, 'private')
  t.equal(parseDefaultUser('docker', ['seccomp', 'rootless']).declared, 'unknown')
})
