import t from 'tap'
import type { ProbeAnswer } from '../../src/model/port.ts'
import { nsentinel } from '../helpers/cli.ts'
import { startDockerd } from '../helpers/docker.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { freePort } from '../helpers/servers.ts'

t.setTimeout(180_000)

t.test('ports of a real dockerd', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t, { bridge: true })
  const [open, dead] = [await freePort(t), await freePort(t)]
  const web = await dockerd.run('--publish', `${open}:8080`, '--name', 'web', 'busybox', 'httpd', '-f', '-p', '8080')
  await dockerd.run('--publish', `${dead}:8080`, '--name', 'dead', 'busybox')
  const probe = async (...args: readonly string[]) => {
    const socket = ['--docker-socket', dockerd.socketPath]
    const { exitCode, stdout } = await nsentinel(['probe', ...args, ...socket, '--output', 'json'])
    return { exitCode, result: JSON.parse(stdout) }
  }

  t.test('a mapped port answers on loopback, on the node, and from the container behind it', async (t) => {
    const { exitCode, result } = await probe(`0.0.0.0:${open}`, '--vantage', 'pod')

    t.equal(exitCode, 0)
    const answers: readonly (ProbeAnswer & { claims: readonly { mechanism: string }[] })[] = result.answers
    const inside = answers.filter(({ vantage }) => vantage === `container:${web}`)
    t.ok(answers.length > inside.length)
    t.ok(
      inside.some(({ port }) => port === 8080),
      'where the mapping leads was asked, too',
    )
    for (const answer of answers) {
      t.match(answer, { outcome: 'open', identity: { protocol: 'http', http: { status: 404 } } })
      t.match(answer.claims[0]?.mechanism, /^docker-/)
    }
  })

  t.test('a mapped port behind which nobody listens is open to who only connects to its proxy', async (t) => {
    const loopback = `127.0.0.1:${dead}`

    t.match((await probe(loopback, '--mode', 'connect')).result.answers, [{ outcome: 'open' }])
    const [answer]: readonly ProbeAnswer[] = (await probe(loopback)).result.answers
    t.match(answer, { outcome: /^(?:open|reset)$/ })
    t.equal(answer?.identity?.protocol ?? 'none', 'none')
  })

  t.test('the port of a mapping is not free, and the one who has it is named', async (t) => {
    const { exitCode, result } = await probe('--free', `${open}/tcp`)

    t.equal(exitCode, 1)
    t.match(result, {
      verdict: 'taken',
      holders: [{ mechanism: /^docker-/, declaredBy: [{ by: 'docker', containerId: web }] }],
    })
  })
})
