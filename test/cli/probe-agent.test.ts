import t from 'tap'
import { serveTcp } from '../helpers/servers.ts'
import { logIn } from '../helpers/session.ts'
import { FIRST_LOOK, start } from '../helpers/start.ts'
import { until } from '../helpers/until.ts'

t.setTimeout(180_000)

t.test('an agent tells what its ports answer, soon after its first look and without a word to them', async (t) => {
  const heard: Buffer[] = []
  const port = await serveTcp(t, (socket) => socket.on('data', (chunk) => heard.push(chunk)))
  const started = await start(t, '--probe', 'connect', '--probe-exclude', others(port))
  await started.says(FIRST_LOOK)
  const session = await logIn(started)

  const probe = await until(async () => (await session.ports({ port: `${port}` }))[0]?.probe)

  // When it was asked, and how long that took, is no part of what travels.
  t.strictSame(probe, [{ vantage: 'host', address: '127.0.0.1', port, protocol: 'tcp', outcome: 'open' }])
  t.strictSame(heard, [])
})

/** All ports but one: what else listens on this machine is left alone. */
function others(port: number): string {
  return `1-${port - 1},${port + 1}-65535`
}
