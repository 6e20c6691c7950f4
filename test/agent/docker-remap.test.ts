import { existsSync } from 'node:fs'
import t from 'tap'
import { startDockerd } from '../helpers/docker.ts'
import { containerOf, findingsOf, scanner } from '../helpers/docker-scan.ts'
import { REMAPPED_FIRST, whyNoDockerd } from '../helpers/dockerd.ts'

t.setTimeout(120_000)

const skip = whyNoDockerd() || (!existsSync('/etc/subuid') && 'no /etc/subuid, which the remapping is told by')

t.test('finds who opted out of a daemon’s user remapping, and nobody else', { skip }, async (t) => {
  const dockerd = await startDockerd(t, { remapUsers: true })
  const [remapped, optedOut] = await Promise.all([
    dockerd.run('--network', 'none', 'busybox'),
    dockerd.run('--network', 'none', '--userns', 'host', 'busybox'),
  ])

  const report = await scanner(dockerd)()

  t.match(containerOf(report, remapped), {
    runtime: { remapsUsers: true },
    userNs: { rootMapsTo: REMAPPED_FIRST },
    sharing: { user: { declared: 'private', declaredBy: 'docker userns-remap', main: 'own', verdict: 'as-declared' } },
  })
  t.strictSame(findingsOf(report, remapped), [])
  t.match(containerOf(report, optedOut), {
    userNs: { rootMapsTo: 0 },
    sharing: { user: { declared: 'host', main: 'host', verdict: 'as-declared' } },
  })
  t.strictSame(findingsOf(report, optedOut), ['shared-user-namespace user'])
})
