import { t } from 'tap'
import { AGENT_PATH } from '../../src/collector/upgrade.ts'
import { nsentinel } from '../helpers/cli.ts'
import { credentialsOf, startClient } from '../helpers/client.ts'
import { collect, ENROLMENT } from '../helpers/collect.ts'
import { putFinding } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

const EVENTS = 215

t.test('reads an agent as fast as it was told to, and loses nothing of it', async (t) => {
  const collector = await collect(t, ['--agent-events', '10'])
  const url = new URL(AGENT_PATH, collector.origin.replace('http', 'ws'))
  const readCredentials = async () => credentialsOf('agent-1', { enrolmentToken: ENROLMENT })
  const client = startClient(t, { url }, { readCredentials })
  await until(() => client.spool.isDrained || undefined)
  for (let event = 0; event < EVENTS; event += 1) client.publish([putFinding(event)])

  await collector.says(/slowing an agent down/)
  await until(() => client.spool.isDrained || undefined)
  t.match(await collector.api('nodes/node-1'), { openFindings: { high: EVENTS + 1 } })
})

t.test('names the flag of a rate that is none', async (t) => {
  t.match(await nsentinel(['collector', '--agent-events', '9']), {
    exitCode: 2,
    stderr: /^nsentinel: --agent-events: expected a number of at least 10, got "9"/,
  })
  t.match(await nsentinel(['collector', '--agent-bytes', '4']), { exitCode: 2, stderr: /^nsentinel: --agent-bytes: / })
})
