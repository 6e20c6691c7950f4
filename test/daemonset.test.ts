import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import * as z from 'zod'
import { isInstalled } from './helpers/commands.ts'
import { readManifest, readWorkload, type Workload } from './helpers/pod-spec.ts'

const BASE = 'daemonset/base'
const WORKLOADS = ['agent', 'collector'] as const

const object = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
})

const serviceShape = z.object({
  kind: z.literal('Service'),
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    selector: z.record(z.string(), z.string()),
    ports: z.tuple([z.object({ port: z.number(), targetPort: z.string() })]),
  }),
})

const kustomization = z.object({
  resources: z.array(z.string()),
  secretGenerator: z.array(z.object({ name: z.string(), namespace: z.string(), files: z.array(z.string()) })),
  images: z.array(z.object({ name: z.string(), newTag: z.string() })),
})

t.test('lists every manifest in the kustomization', async (t) => {
  const { resources } = await readKustomization()
  const files = (await readdir(BASE)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')

  t.strictSame(resources.toSorted(), files.toSorted())
})

t.test('puts every object into the namespace that it makes', async (t) => {
  const objects = await readObjects()
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)

  for (const { kind, metadata } of objects.filter(({ kind }) => kind !== 'Namespace')) {
    t.strictSame([metadata.namespace], namespaces, `${kind} ${metadata.name}`)
  }
})

for (const name of WORKLOADS) {
  t.test(`the ${name} names only what is there: labels, account, volumes, secrets, image and flags`, async (t) => {
    const workload = await readWorkload(`${BASE}/${name}.yaml`)
    const { metadata, spec } = workload.spec.template
    const [container] = spec.containers
    const { secretGenerator, images } = await readKustomization()

    t.strictSame(workload.spec.selector.matchLabels, metadata.labels)

    const accounts = (await readObjects()).filter(({ kind }) => kind === 'ServiceAccount')
    t.ok(accounts.some((account) => account.metadata.name === spec.serviceAccountName))
    t.equal(spec.automountServiceAccountToken, false)

    t.strictSame(
      container.volumeMounts.map((mount) => mount.name).toSorted(),
      spec.volumes.map((volume) => volume.name).toSorted(),
    )
    const secrets = spec.volumes.flatMap(({ secret }) => secret?.secretName ?? [])
    t.ok(secrets.every((secret) => secretGenerator.some((generated) => generated.name === secret)))
    t.ok(images.some((image) => image.name === container.image))
    await checkFlags(t, workload)
  })
}

t.test('leads the agent to the collector through its Service', async (t) => {
  const service = serviceShape.parse((await readAll()).find((found) => serviceShape.safeParse(found).success))
  const agent = await readWorkload(`${BASE}/agent.yaml`)
  const collector = await readWorkload(`${BASE}/collector.yaml`)
  const { name, namespace } = service.metadata
  const [{ port, targetPort }] = service.spec.ports
  const [{ ports, args }] = collector.spec.template.spec.containers
  const containerPort = ports.find((found) => found.name === targetPort)?.containerPort

  t.strictSame(service.spec.selector, collector.spec.selector.matchLabels)
  t.equal(flagValue(agent, '--collector'), `ws://${name}.${namespace}.svc:${port}`)
  t.ok(args.includes(`--listen=0.0.0.0:${containerPort}`))
})

t.test('tags the image with the version that this is', async (t) => {
  const { images } = await readKustomization()
  const { stdout } = await execa(process.execPath, ['src/cli/main.ts', '--version'])

  t.strictSame(
    images.map(({ newTag }) => newTag),
    [stdout],
  )
})

const noKustomize = !isInstalled('kubectl') && 'kubectl is not installed, so kustomize cannot render the base'

t.test('renders by kustomize, and refuses while the secrets are not made', { skip: noKustomize }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await cp(BASE, folder, { recursive: true, filter: (path) => !/(?:enrolment-token|api-tokens)$/.test(path) })
  const render = () => execa('kubectl', ['kustomize', folder], { reject: false })

  t.match(await render(), { exitCode: 1, stderr: /enrolment-token/ })
  for (const name of ['enrolment-token', 'api-tokens']) await writeFile(join(folder, name), 'secret')
  const { stdout } = await render()

  t.match(stdout, /kind: DaemonSet/)
  t.match(stdout, /secretName: nsentinel-enrolment-[a-z0-9]{10}/)
  t.match(stdout, /image: nsentinel:\d/)
  t.match(stdout, /defaultMode: 256/)
})

/** Every flag of a workload is one of its command's, and so is every variable. */
async function checkFlags(t: Test, workload: Workload): Promise<void> {
  const [{ args, env }] = workload.spec.template.spec.containers
  const [command = '', ...flags] = args
  const { stdout } = await execa(process.execPath, ['src/cli/main.ts', command, '--help'])
  const known = [...stdout.matchAll(/^ {2}(?<flag>--[a-z-]+)/gm)].map(({ groups }) => groups?.['flag'] ?? '')
  const variables = known.map((flag) => `NSENTINEL_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)

  t.ok(known.length > 3)
  for (const flag of flags) t.ok(known.includes(flag.replace(/=.*/, '')), `${command} ${flag}`)
  for (const { name } of env) t.ok(variables.includes(name), `${command} ${name}`)
}

function flagValue(workload: Workload, flag: string): string | undefined {
  const [{ args }] = workload.spec.template.spec.containers
  return args.find((argument) => argument.startsWith(`${flag}=`))?.slice(flag.length + 1)
}

async function readKustomization() {
  const [found] = await readManifest(`${BASE}/kustomization.yaml`)
  return kustomization.parse(found)
}

async function readAll(): Promise<unknown[]> {
  const { resources } = await readKustomization()
  return (await Promise.all(resources.map((file) => readManifest(`${BASE}/${file}`)))).flat()
}

async function readObjects() {
  return z.array(object).parse(await readAll())
}
