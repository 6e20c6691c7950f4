import { once } from 'node:events'
import { t } from 'tap'
import { report } from '../helpers/builders.ts'
import { ask, connectHostile, OPERATOR } from '../helpers/commanding.ts'
import { startTrusting } from '../helpers/trust.ts'

const apiTokens = [OPERATOR]

t.test('takes no result that is none, and keeps the connection', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const agent = await connectHostile(t, collector, 'node-1')
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
  const good = JSON.stringify(report())
  const texts = {
    'no JSON': '{',
    'another shape': '{"version":1}',
    'another node': good.replaceAll('"node-1"', '"node-2"'),
    'too deep': good.replace('"findings":[', `"findings":[{"evidence":{"a":${deep}}},`),
  }
  for (const [what, text] of Object.entries(texts)) {
    const asked = ask(collector, 'node-1', { command: 'scan' })
    const { id } = await agent.command()
    agent.send({ type: 'reply', id, status: 'done', part: 1, parts: 1, text })
    t.match(await asked, { status: 502, body: { code: 'bad-reply' } }, what)
  }
  for (const reply of [
    { status: 'gladly' },
    { status: 'done' },
    { status: 'done', part: 2, parts: 2, text: good },
    { status: 'done', part: 3, parts: 2, text: good },
  ]) {
    const asked = ask(collector, 'node-1', { command: 'scan' })
    const { id } = await agent.command()
    agent.send({ type: 'reply', id, ...reply })
    t.match(await asked, { status: 502, body: { code: 'bad-reply' } }, JSON.stringify(reply).slice(0, 40))
  }
  t.equal(agent.socket.readyState, agent.socket.OPEN)
})

t.test('lets no agent answer what another one was asked', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const [asked, liar] = [await connectHostile(t, collector, 'node-1'), await connectHostile(t, collector, 'node-2')]
  const answer = ask(collector, 'node-1', { command: 'scan' })
  const { id } = await asked.command()
  const ended = once(liar.socket, 'close')
  liar.send({ type: 'reply', id, status: 'done', part: 1, parts: 1, text: JSON.stringify(report()) })

  t.equal(String((await ended)[1]), 'unexpected')
  asked.send({ type: 'reply', id, status: 'refused', reason: 'me' })
  t.match(await answer, { status: 409, body: { title: 'me' } })
})

t.test('ignores a reply that comes too late, and counts it', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const agent = await connectHostile(t, collector, 'node-1')
  const first = ask(collector, 'node-1', { command: 'scan' })
  const { id } = await agent.command()
  agent.send({ type: 'reply', id, status: 'failed', reason: 'no' })
  await first
  agent.send({ type: 'reply', id, status: 'refused', reason: 'late' })
  const second = ask(collector, 'node-1', { command: 'scan' })
  agent.send({ type: 'reply', id: (await agent.command()).id, status: 'failed', reason: 'again' })

  t.match(await second, { body: { title: 'again' } })
  const metrics = await fetch(new URL('/metrics', collector.url.href.replace(/^ws/, 'http')), {
    headers: { authorization: `Bearer ${OPERATOR}` },
  })
  const text = await metrics.text()
  t.match(text, /^nsentinel_late_replies_total 1$/m)
  t.match(text, /^nsentinel_commands_total\{command="scan",status="failed"\} 2$/m)
})
