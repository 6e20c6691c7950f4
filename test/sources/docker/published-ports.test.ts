import t from 'tap'
import { parseInspected } from '../../../src/sources/docker/docker-schema.ts'
import { parsePublishedPorts } from '../../../src/sources/docker/published-ports.ts'
import { inspection } from '../../helpers/fake-docker.ts'

type Bindings = Readonly<Record<string, unknown>>

const portsOf = (asked: Bindings | null, bound: Bindings | null) => {
  const container = inspection({ HostConfig: { PortBindings: asked }, NetworkSettings: bound && { Ports: bound } })
  return parsePublishedPorts(parseInspected(container, container.Id))
}

const on = (HostIp: string, HostPort: string) => ({ HostIp, HostPort })

t.test('gives a row to each address of one port', async (t) => {
  const asked = { '8080/tcp': [on('', '9002')] }
  const bound = { '8080/tcp': [on('0.0.0.0', '9002'), on('::', '9002')] }

  t.strictSame(portsOf(asked, bound), [
    { hostAddress: '0.0.0.0', hostPort: 9002, containerPort: 8080, protocol: 'tcp', implicit: false },
    { hostAddress: '::', hostPort: 9002, containerPort: 8080, protocol: 'tcp', implicit: false },
  ])
})

t.test('tells the port that the daemon chose, of any or of a range', async (t) => {
  const asked = { '80/tcp': [on('', '0')], '81/udp': [on('127.0.0.1', '8000-8005')] }
  const bound = { '80/tcp': [on('0.0.0.0', '32768')], '81/udp': [on('127.0.0.1', '8003')] }

  t.match(portsOf(asked, bound), [
    { hostPort: 32768, containerPort: 80, protocol: 'tcp' },
    { hostAddress: '127.0.0.1', hostPort: 8003, containerPort: 81, protocol: 'udp' },
  ])
})

t.test('leaves out what the daemon has not chosen yet', async (t) => {
  t.strictSame(portsOf({ '80/tcp': [on('', '')], '81/tcp': [on('', '8000-8005')], '82/tcp': null }, {}), [])
})

t.test('tells a port that was asked for although nothing is bound, as with --network host', async (t) => {
  t.match(portsOf({ '80/tcp': [on('', '9003')] }, {}), [{ hostAddress: '', hostPort: 9003, implicit: false }])
  t.match(portsOf({ '80/tcp': [on('', '9003')] }, null), [{ hostPort: 9003 }])
})

t.test('calls a port implicit that nobody named, as with -P', async (t) => {
  t.match(portsOf(null, { '80/tcp': [on('0.0.0.0', '32768')] }), [{ hostPort: 32768, implicit: true }])
})

t.test('tells nothing of a port that is only exposed', async (t) => {
  t.strictSame(portsOf({}, { '80/tcp': null }), [])
})

t.test('believes no port that cannot be', async (t) => {
  const impossible = { 'x/tcp': [on('', '1')], '80/icmp': [on('', '1')], '80/tcp': [on('', '70000'), on('', '-1')] }

  t.strictSame(portsOf(impossible, {}), [])
})
