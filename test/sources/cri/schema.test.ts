import fc from 'fast-check'
import t from 'tap'
import {
  parseContainerStatus,
  parseContainers,
  parseEvent,
  parseSandboxes,
  parseSandboxStatus,
  parseVersion,
} from '../../../src/sources/cri/cri-schema.ts'
import { parseContainerInfo, parseContainerPorts, parseSandboxInfo } from '../../../src/sources/cri/info-schema.ts'

t.test('takes any message for an answer or a failure, and throws for none', async (t) => {
  const parsers = [parseVersion, parseSandboxes, parseContainers, parseSandboxStatus, parseContainerStatus, parseEvent]

  fc.assert(fc.property(fc.anything(), (message) => parsers.every((parse) => typeof parse(message).ok === 'boolean')))
  t.pass()
})

t.test('takes any text for an answer or a failure, and throws for none', async (t) => {
  const parsers = [parseSandboxInfo, parseContainerInfo, parseContainerPorts]
  const texts = fc.oneof(fc.string(), fc.json())

  fc.assert(fc.property(texts, (text) => parsers.every((parse) => typeof parse(text).ok === 'boolean')))
  t.pass()
})

t.test('reads what proto3 leaves out as the zero it stands for', async (t) => {
  const row = { id: 'a', podSandboxId: 's', metadata: { name: 'app' } }
  const status = { status: { id: 's', linux: { namespaces: { options: { usernsOptions: {} } } } } }

  t.match(parseSandboxes({}), { value: { items: [] } })
  t.match(parseSandboxes({ items: [{ id: 's', metadata: { name: 'web' } }] }), {
    value: { items: [{ state: 'SANDBOX_READY', createdAt: null }] },
  })
  t.match(parseContainers({ containers: [row] }), { value: { items: [{ state: 'CONTAINER_CREATED' }] } })
  t.match(parseSandboxStatus(status), { value: { options: { network: 'POD', pid: 'POD', ipc: 'POD', user: 'POD' } } })
  t.match(parseEvent({ containerId: 'a' }), { value: { containerEventType: 'CONTAINER_CREATED_EVENT' } })
})

t.test('tells a user namespace that nobody asked for from one that the pod shares', async (t) => {
  const status = { status: { id: 's', linux: { namespaces: { options: {} } } } }

  t.match(parseSandboxStatus(status), { value: { options: { user: null } } })
  t.match(parseSandboxStatus({ status: { id: 's' } }), { value: { options: null } })
})

t.test('does not know a mode that came later', async (t) => {
  const status = { status: { id: 's', linux: { namespaces: { options: { network: 9 } } } } }

  t.match(parseSandboxStatus(status), { value: { options: { network: 'UNKNOWN' } } })
})

t.test('reads nanoseconds as milliseconds, and zero or the year 1 as no time', async (t) => {
  const startedAt = (text: string) => {
    const status = parseContainerStatus({ status: { id: 'a', startedAt: text } })
    return status.ok ? status.value.startedAt : status.failure
  }

  t.equal(startedAt('1795407474492237276'), 1795407474492)
  t.equal(startedAt('0'), null)
  t.equal(startedAt('-6795364578871345152'), null)
})

t.test("reads a sandbox's port mappings from its verbose config, TCP where no protocol stands", async (t) => {
  const port_mappings = [
    { host_port: 80, container_port: 8080 },
    { protocol: 1, host_port: 53, host_ip: '::1' },
  ]
  const info = parseSandboxInfo(JSON.stringify({ config: { port_mappings } }))

  t.match(info, {
    value: {
      ports: [
        { protocol: 'tcp', hostPort: 80, containerPort: 8080, hostAddress: '' },
        { protocol: 'udp', hostPort: 53, containerPort: 0, hostAddress: '::1' },
      ],
    },
  })
  t.match(parseSandboxInfo('{"config":{}}'), { value: { ports: [] } })
  t.match(parseSandboxInfo('{}'), { value: { ports: null } })
})
