import { cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import * as z from 'zod'
import { isInstalled } from './helpers/commands.ts'
import { parseManifest, type Workload, workloadsOf } from './helpers/pod-spec.ts'
import { checkFlags, flagValue, objectShape } from './helpers/workloads.ts'

const noKustomize = !isInstalled('kubectl') && 'kubectl is not installed, so kustomize cannot render anything'
const noOpenssl = !isInstalled('openssl') && 'openssl is not installed, so no certificate can be made'
/** What every pod gets from its cluster. */
const OF_CLUSTER = 'kube-root-ca.crt'
const MADE = /(?:enrolment-token|api-tokens|\.key|\.crt|\.srl)$/

/** A copy of what is committed, in which an overlay can be rendered. */
async function copyManifests(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await cp('daemonset', folder, { recursive: true, filter: (path) => !MADE.test(path) })
  const overlay = (name: string) => join(folder, 'overlays', name)
  return { overlay, render: (name: string) => execa('kubectl', ['kustomize', overlay(name)], { reject: false }) }
}

t.test(
  'the overlay of files refuses while they are not made, and then gives every workload what it mounts',
  { skip: noKustomize || noOpenssl },
  async (t) => {
    const { overlay, render } = await copyManifests(t)
    t.match(await render('files'), { exitCode: 1, stderr: /\.crt/ })
    await execa('sh', [join(overlay('files'), 'make-files.sh')])
    const { stdout } = await render('files')

    await checkRendered(t, stdout)
    t.match(stdout, /image: nsentinel:\d/)
    t.match(stdout, /secretName: nsentinel-tls\n/, 'under a name that a new certificate does not change')
    t.match(stdout, /secretName: nsentinel-api-[a-z0-9]{10}/)
    t.notMatch(stdout, '--insecure')
  },
)

t.test(
  'the script makes a certificate that the agent will believe, and keeps all but that',
  { skip: noOpenssl },
  async (t) => {
    const { overlay } = await copyManifests(t)
    const file = (name: string) => join(overlay('files'), name)
    const make = () => execa('sh', [file('make-files.sh')])
    const read = async (name: string) => (await execa('openssl', ['x509', '-in', file(name), '-noout', '-text'])).stdout
    await make()
    const before = {
      ca: await read('ca.crt'),
      tls: await read('tls.crt'),
      token: (await stat(file('api-tokens'))).mtimeMs,
    }
    await make()

    t.equal(await read('ca.crt'), before.ca)
    t.equal((await stat(file('api-tokens'))).mtimeMs, before.token)
    t.not(await read('tls.crt'), before.tls)
    const name = 'nsentinel-collector.nsentinel.svc'
    const verify = [
      'verify',
      '-purpose',
      'sslserver',
      '-verify_hostname',
      name,
      '-CAfile',
      file('ca.crt'),
      file('tls.crt'),
    ]
    t.match(await execa('openssl', verify), { exitCode: 0 })
    for (const secret of ['ca.key', 'tls.key', 'api-tokens'])
      t.equal((await stat(file(secret))).mode & 0o077, 0, secret)
  },
)

t.test('the plain overlay has neither TLS nor tokens of accounts, and says so', { skip: noKustomize }, async (t) => {
  const { overlay, render } = await copyManifests(t)
  t.match(await render('plain'), { exitCode: 1, stderr: /enrolment-token/ })
  for (const name of ['enrolment-token', 'api-tokens']) await writeFile(join(overlay('plain'), name), 'secret')
  const { stdout } = await render('plain')

  const workloads = await checkRendered(t, stdout)
  t.notMatch(stdout, /ClusterRole|projected|tls/)
  for (const { spec } of workloads) t.ok(spec.template.spec.containers[0].args.includes('--insecure'))
  t.ok(workloads.some((workload) => flagValue(workload, '--collector')?.startsWith('ws://')))
  t.match(stdout, /secretName: nsentinel-enrolment-[a-z0-9]{10}/)
})

t.test('neither overlay drops a flag of the base that is not about TLS or tokens', { skip: noKustomize }, async (t) => {
  const { overlay, render } = await copyManifests(t)
  for (const name of ['enrolment-token', 'api-tokens']) await writeFile(join(overlay('plain'), name), 'secret')
  const base = await execa('kubectl', ['kustomize', 'daemonset/base'])
  const [before, after] = [base.stdout, (await render('plain')).stdout].map((text) => workloadsOf(parseManifest(text)))

  for (const [index, workload] of (before ?? []).entries()) {
    const changed = /^--(?:collector|ca|token-file|tls-|kubernetes-)/
    const kept = argsOf(workload).filter((argument) => !changed.test(argument))
    const args = argsOf(after?.[index])
    t.ok(kept.length > 2)
    for (const argument of kept) t.ok(args.includes(argument), argument)
  }
})

/** Every workload mounts its volumes, whose secrets and maps are there, and is told flags that it knows. */
async function checkRendered(t: Test, text: string): Promise<Workload[]> {
  const objects = parseManifest(text)
  const names = z
    .array(objectShape)
    .parse(objects)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  const workloads = workloadsOf(objects)
  t.equal(workloads.length, 2)
  for (const workload of workloads) {
    const { containers, volumes } = workload.spec.template.spec
    const mounted = containers[0].volumeMounts.map(({ name }) => name)
    t.strictSame(mounted.toSorted(), volumes.map(({ name }) => name).toSorted())
    for (const reference of volumes.flatMap(referencesOf)) t.ok(names.includes(reference), reference)
    await checkFlags(t, workload)
  }
  return workloads
}

function referencesOf({
  secret,
  configMap,
  projected,
}: Workload['spec']['template']['spec']['volumes'][number]): string[] {
  const maps = [configMap, ...(projected?.sources.map((source) => source.configMap) ?? [])]
  const ofMaps = maps.flatMap((map) => (map === undefined || map.name === OF_CLUSTER ? [] : [`ConfigMap ${map.name}`]))
  return secret === undefined ? ofMaps : [`Secret ${secret.secretName}`, ...ofMaps]
}

function argsOf(workload: Workload | undefined): readonly string[] {
  return workload?.spec.template.spec.containers[0].args ?? []
}
