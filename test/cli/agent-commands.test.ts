import { once } from 'node:events'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { parseSnapshot } from '../../src/cli/snapshot-schema.ts'
import { nsentinelHere } from '../helpers/cli.ts'
import { API, collect, ENROLMENT } from '../helpers/collect.ts'
import { ask as askNode } from '../helpers/commanding.ts'
import { launch } from '../helpers/running.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

/** Runs a collector and an agent that is connected to it, and gives what asks that agent. */
async function running(t: Test, ...args: readonly string[]) {
  const collector = await collect(t)
  const url = new URL(collector.origin.replace('http', 'ws'))
  const agent = launch(t, ['agent', '--collector', url.href, '--node-name', 'asked', ...args], {
    NSENTINEL_TOKEN: ENROLMENT,
  })
  await agent.says(/"msg":"connected to the collector"/)
  return { agent, ask: (command: object) => askNode({ url }, 'asked', command, { token: API }) }
}

/** Serves HTTP on a free port of loopback. */
async function serve(t: Test): Promise<number> {
  const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

t.test('an agent looks, asks its ports and tells what matters when an operator asks', async (t) => {
  const { agent, ask } = await running(t, '--allow-commands', 'scan,probe,triage', '--probe', 'identify')
  const port = await serve(t)

  const scan = await ask({ command: 'scan' })
  t.equal(parseSnapshot(JSON.stringify(scan.body.result)).node.name, 'asked')
  t.match(await ask({ command: 'probe', ports: [{ port }] }), {
    status: 200,
    body: {
      node: 'asked',
      command: 'probe',
      result: {
        answers: [
          { address: '127.0.0.1', port, outcome: 'open', identity: { protocol: 'http' }, claims: [{ hostPort: port }] },
        ],
      },
    },
  })
  t.match(await ask({ command: 'triage' }), { status: 200, body: { result: { node: 'asked', about: null } } })
  t.match(await ask({ command: 'triage', container: 'no such' }), { status: 409, body: { code: 'command-refused' } })
  await agent.says(/"command":"triage","status":"done"/)
  await agent.says(/"command":"triage","status":"refused"/)
})

t.test('an agent that was allowed nothing does nothing', async (t) => {
  const { ask } = await running(t)

  t.match(await ask({ command: 'scan' }), { status: 409, body: { title: 'the agent allows no commands' } })
})

t.test('an agent that is killed over a command is told of at once', async (t) => {
  const { agent, ask } = await running(t, '--allow-commands', 'scan')
  agent.child.kill('SIGSTOP')
  const answer = ask({ command: 'scan' })
  await agent.end('SIGKILL')

  t.match(await answer, { status: 502, body: { code: 'agent-lost' } })
})

t.test('names the flag and what it takes where a command is none', async (t) => {
  for (const list of ['exec', 'scan,', 'none,scan', 'scan,scan']) {
    t.match(await nsentinelHere(['agent', '--collector', 'ws://127.0.0.1:1', '--allow-commands', list]), {
      exitCode: 2,
      stderr: /^nsentinel: --allow-commands: expected none, or some of scan, probe, triage with commas between, got "/,
    })
  }
})
