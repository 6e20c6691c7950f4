import t from 'tap'
import { nsentinel } from '../helpers/cli.ts'
import { startDockerd } from '../helpers/docker.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { until } from '../helpers/until.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

/** Goes to a net namespace of its own under a name that would paint a terminal red, and says so. */
const HOSTILE =
  'unshare -n sh -c \'printf "\\033[31mx\\ny" > /proc/$$/comm; echo ready; while :; do sleep 9999; done\' & wait'

t.test(
  'explains a real container whose task has moved and calls itself what a terminal obeys',
  { skip: whyNoDockerd() },
  async (t) => {
    const dockerd = await startDockerd(t)
    await dockerd.run('--name', 'odd', '--network', 'host', '--cap-add', 'SYS_ADMIN', 'busybox', 'sh', '-c', HOSTILE)
    await until(async () => (await dockerd.docker('logs', 'odd')) === 'ready' || undefined)
    const args = ['scan', '--docker-socket', dockerd.socketPath, '--container', 'odd']
    const [table, json, bar] = await Promise.all([
      nsentinel(args),
      nsentinel([...args, '--output', 'json']),
      nsentinel([...args, '--fail-on', 'high']),
    ])
    const [container] = JSON.parse(json.stdout).containers

    t.match(table.stdout, /net: \d+ other tasks? in own \(\d+\) · .*\\x1b\[31mx\\x0ay pid \d+/)
    t.match(table.stdout, /^ {2}net +host +mixed +/m)
    t.match(table.stdout, 'docker HostConfig.NetworkMode=host')
    t.notMatch(table.stdout.replaceAll('\n', ''), /\p{Cc}/u)
    t.match(container.sharing.net, { declared: 'host', observed: 'mixed', main: 'host', sightings: 2 })
    t.match(JSON.stringify(container.sharing.net.others), '\\u001b[31mx\\ny')
    t.match(container.sharing.ipc, { declared: 'private', observed: 'own', verdict: 'as-declared' })
    t.equal(bar.exitCode, 1)
  },
)
