import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Test, t } from 'tap'
import { credentialsOf, startClient } from '../helpers/client.ts'
import { connectRaw, startHub } from '../helpers/hub.ts'
import { openTestStore } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

const AGENT = fileURLToPath(new URL('../helpers/agent-child.ts', import.meta.url))
const HUB = fileURLToPath(new URL('../helpers/hub-child.ts', import.meta.url))

t.test('gives up an agent whose process is frozen, and takes it again when it goes on', async (t) => {
  const { store } = await openTestStore(t)
  const { url, hub } = await startHub(t, store, { limits: { pingIntervalMs: 100 } })
  const agent = spawnChild(t, AGENT, url.href)
  await until(() => (agent.text().includes('connected to the collector') ? true : undefined))

  agent.child.kill('SIGSTOP')
  await until(() => (hub.figures.ended.timeout === 1 && hub.figures.connected === 0 ? true : undefined))
  t.match(await store.readNode('node-1'), { status: 'late' })
  agent.child.kill('SIGCONT')
  await until(() => (hub.figures.connected === 1 ? true : undefined))
})

t.test('lets another process take the place of a frozen one, which then finds it taken', async (t) => {
  const { store } = await openTestStore(t)
  const { url } = await startHub(t, store, { probeTimeoutMs: 200 })
  const agent = spawnChild(t, AGENT, url.href)
  await until(() => (agent.text().includes('connected to the collector') ? true : undefined))

  agent.child.kill('SIGSTOP')
  const next = await connectRaw(t, url, credentialsOf('agent-1').secret)
  const stream = testStream()
  next.send({ type: 'hello', ...stream.hello({ agentId: 'agent-1', bootId: 'boot-2' }) })
  await next.next('welcome')
  next.send(stream.snapshotFrame())
  await next.next('ack')
  agent.child.kill('SIGCONT')
  await until(() => (agent.text().includes('"reason":"already-connected"') ? true : undefined))
  t.equal(next.socket.readyState, next.socket.OPEN)
  t.match(await store.readNode('node-1'), { openFindings: { high: 0 } }, 'the zombie changed nothing')
})

t.test('gives up a collector whose process is frozen, and returns when it goes on', async (t) => {
  const { child, text } = spawnChild(t, HUB)
  const port = await until(() => /"port":(?<port>\d+)/.exec(text())?.groups?.['port'])
  const client = startClient(t, { url: new URL(`ws://127.0.0.1:${port}/agents`) })
  const connections = () => client.log.lines.filter(([message]) => message === 'connected to the collector').length
  await until(() => (connections() === 1 ? true : undefined))

  child.kill('SIGSTOP')
  await until(() => client.log.lines.find(([message]) => message === 'the collector is silent'))
  child.kill('SIGCONT')
  await until(() => (connections() === 2 ? true : undefined))
  t.ok(client.spool.isDrained)
})

function spawnChild(t: Test, ...args: readonly string[]): { readonly child: ChildProcess; text(): string } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: string[] = []
  child.stdout.on('data', (chunk) => chunks.push(String(chunk)))
  t.teardown(async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  return { child, text: () => chunks.join('') }
}
