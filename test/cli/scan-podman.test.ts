import { symlink } from 'node:fs/promises'
import t from 'tap'
import * as z from 'zod'
import { nsentinel } from '../helpers/cli.ts'
import { startPodman, whyNoPodman } from '../helpers/podman.ts'

const report = z.object({
  containers: z.array(z.object({ id: z.string(), name: z.string(), sources: z.array(z.string()) })),
  ports: z.array(z.object({ claim: z.string() })),
  gaps: z.array(z.looseObject({ source: z.string() })),
})

t.test(
  'lists a container once where Docker’s socket is podman’s',
  { skip: whyNoPodman(), timeout: 60_000 },
  async (t) => {
    const podman = await startPodman(t)
    const id = await podman.run('--name', 'web', '--publish', '127.0.0.1::8080')
    const link = `${podman.socketPath}.docker`
    await symlink(podman.socketPath, link)

    const sockets = ['--docker-socket', link, '--podman-socket', podman.socketPath]
    const { stdout } = await nsentinel(['scan', '--output', 'json', ...sockets])
    const { containers, ports, gaps } = report.parse(JSON.parse(stdout))

    t.strictSame(
      containers.filter((container) => container.id === id),
      [{ id, name: 'web', sources: ['podman', 'cgroups'] }],
    )
    t.strictSame(
      ports.filter(({ claim }) => claim.startsWith(id)),
      [{ claim: `${id}/8080/tcp` }],
    )
    t.notOk(gaps.some(({ source }) => source === 'docker' || source === 'podman'))
  },
)

t.test('misses a podman socket that was asked for by name', async (t) => {
  const { stdout } = await nsentinel(['scan', '--output', 'json', '--podman-socket', '/nonexistent/podman.sock'])

  const { gaps } = report.parse(JSON.parse(stdout))

  t.match(
    gaps.filter(({ source }) => source === 'podman'),
    [{ subject: '/nonexistent/podman.sock', reason: 'missing' }],
  )
})
