import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openTokenReviews } from '../../src/cli/kubernetes.ts'
import { OWN_TOKEN, startApiServer } from '../helpers/api-server.ts'
import { makeAuthority } from '../helpers/authority.ts'
import { whyNoCertificates } from '../helpers/certificates.ts'
import { nsentinelHere } from '../helpers/cli.ts'
import { collect } from '../helpers/collect.ts'
import { launch } from '../helpers/running.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

t.test(
  'an agent enrols by the token of its pod once the kubelet has renewed it',
  { skip: whyNoCertificates() },
  async (t) => {
    const folder = t.testdir({ own: OWN_TOKEN })
    const authority = await makeAuthority(folder)
    const api = await startApiServer(t, await authority.issue({ name: 'apiserver', altNames: 'IP:127.0.0.1' }))
    const place = ['--kubernetes-api', api.url.href, '--kubernetes-ca', authority.ca]
    const own = ['--kubernetes-account', 'nsentinel/nsentinel-agent', '--kubernetes-token-file', join(folder, 'own')]
    const collector = await collect(t, [...place, ...own], { NSENTINEL_ENROLMENT_TOKEN: '' })
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, api.issue({ node: 'node-1', expiresInS: -1 }))
    const at = ['--collector', collector.origin.replace('http', 'ws'), '--node-name', 'node-1']
    const agent = launch(t, ['agent', ...at, '--token-file', tokenFile, '--state-dir', join(folder, 'state')])

    await agent.says(/"reason":"token-expired","meaning":"our service account token has expired/)
    await collector.says(/"reason":"token-expired".*"msg":"refused an agent"/)
    await writeFile(tokenFile, api.issue({ node: 'node-1' }))
    await agent.says(/"msg":"connected to the collector"/)
    await collector.says(/"detail":"service account token of node node-1".*"msg":"an agent enrolled"/)
    t.notMatch(collector.text(), 'no new agent can connect')
  },
)

t.test('refuses places that cannot be used, naming the flag', async (t) => {
  const account = ['--kubernetes-account', 'nsentinel/nsentinel-agent']
  const own = ['--kubernetes-token-file', join(t.testdir({ own: OWN_TOKEN }), 'own')]
  const refusals: [readonly string[], RegExp][] = [
    [['--kubernetes-account', 'nsentinel'], /--kubernetes-account: expected NAMESPACE\/NAME/],
    [[...account, ...own], /--kubernetes-api is missing, and this is no pod/],
    [[...account, '--kubernetes-api', 'http://192.0.2.1:6443'], /--kubernetes-api: expected an https:\/\/ URL/],
    [[...account, '--kubernetes-api', 'https://token@192.0.2.1'], /--kubernetes-api: expected an https:\/\/ URL/],
    [
      [...account, '--kubernetes-api', 'https://192.0.2.1'],
      /--kubernetes-token-file: expected a file that we can read/,
    ],
    [
      [...account, ...own, '--kubernetes-api', 'https://192.0.2.1', '--kubernetes-ca', '/nowhere/ca'],
      /--kubernetes-ca: expected a file that we can read, got \/nowhere\/ca/,
    ],
  ]
  for (const [args, message] of refusals) {
    const { exitCode, stderr } = await nsentinelHere(['collector', '--listen', '127.0.0.1:0', ...args])
    t.equal(exitCode, 2)
    t.match(stderr, message)
  }
})

t.test("asks its own cluster's API server in a pod", async (t) => {
  const config = {
    kubernetesAccount: 'nsentinel/nsentinel-agent',
    kubernetesAudience: 'nsentinel-collector',
    kubernetesAnyNode: false,
    kubernetesApi: undefined,
    kubernetesCa: join(t.testdir({ ca: '', own: OWN_TOKEN }), 'ca'),
    kubernetesTokenFile: join(t.testdirName, 'own'),
  }
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }

  t.ok(await openTokenReviews(config, { env }))
  t.equal(await openTokenReviews({ ...config, kubernetesAccount: undefined }, { env: {} }), null)
  const noCa = openTokenReviews({ ...config, kubernetesCa: undefined }, { env })
  await t.rejects(noCa, { message: /--kubernetes-ca: .*\/var\/run\/secrets\/kubernetes.io\/serviceaccount\/ca.crt/ })
})
