import t from 'tap'
import { startDockerd } from '../helpers/docker.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { FIRST_LOOK, start } from '../helpers/start.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

t.test('tells of findings as they open and as they are resolved', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t)
  const { says, text } = await start(t, '--docker-socket', dockerd.socketPath, '--interval', '2s')
  await says(FIRST_LOOK)
  const before = text().length

  await dockerd.run('--network', 'host', '--name', 'web', 'busybox')
  const [opened] = await says(/^.* {2}opened .*$/m, before)
  await dockerd.remove('web')
  const [resolved] = await says(/^.* {2}resolved .*$/m, before)

  const about = "high  web runs in the host's network namespace (shared-net-namespace)"
  t.match(opened, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}opened high/)
  t.equal(opened.slice(opened.indexOf('high')), about)
  t.equal(resolved.slice(resolved.indexOf('high')), `${about}: its subject is gone`)
})
