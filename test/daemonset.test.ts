import { readdir } from 'node:fs/promises'
import { execa } from 'execa'
import t from 'tap'
import * as z from 'zod'
import { readManifest, readWorkload } from './helpers/pod-spec.ts'
import { checkFlags, flagValue, isClusterWide, objectShape } from './helpers/workloads.ts'

const BASE = 'daemonset/base'
const WORKLOADS = ['agent', 'collector'] as const

const serviceShape = z.object({
  kind: z.literal('Service'),
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    selector: z.record(z.string(), z.string()),
    ports: z.tuple([z.object({ port: z.number(), targetPort: z.string() })]),
  }),
})

const bindingShape = z.object({
  kind: z.literal('ClusterRoleBinding'),
  roleRef: z.object({ name: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string() })),
})

const roleShape = z.object({
  kind: z.literal('ClusterRole'),
  metadata: z.object({ name: z.string() }),
  rules: z.array(
    z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
})

const kustomization = z.object({
  resources: z.array(z.string()),
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

  for (const { kind, metadata } of objects.filter((object) => !isClusterWide(object))) {
    t.strictSame([metadata.namespace], namespaces, `${kind} ${metadata.name}`)
  }
})

for (const name of WORKLOADS) {
  t.test(`the ${name} names only what is there: labels, account, volumes, image and flags`, async (t) => {
    const workload = await readWorkload(`${BASE}/${name}.yaml`)
    const { metadata, spec } = workload.spec.template
    const [container] = spec.containers
    const { images } = await readKustomization()

    t.strictSame(workload.spec.selector.matchLabels, metadata.labels)

    const accounts = (await readObjects()).filter(({ kind }) => kind === 'ServiceAccount')
    t.ok(accounts.some((account) => account.metadata.name === spec.serviceAccountName))
    t.equal(spec.automountServiceAccountToken, false)

    t.strictSame(
      container.volumeMounts.map((mount) => mount.name).toSorted(),
      spec.volumes.map((volume) => volume.name).toSorted(),
    )
    t.ok(images.some((image) => image.name === container.image))
    await checkFlags(t, workload)
  })
}

t.test('leads the agent to the collector through its Service, by TLS', async (t) => {
  const service = await findOne(serviceShape)
  const agent = await readWorkload(`${BASE}/agent.yaml`)
  const collector = await readWorkload(`${BASE}/collector.yaml`)
  const { name, namespace } = service.metadata
  const [{ port, targetPort }] = service.spec.ports
  const [{ ports, args, livenessProbe, readinessProbe }] = collector.spec.template.spec.containers
  const containerPort = ports.find((found) => found.name === targetPort)?.containerPort

  t.strictSame(service.spec.selector, collector.spec.selector.matchLabels)
  t.equal(flagValue(agent, '--collector'), `wss://${name}.${namespace}.svc:${port}`)
  t.ok(args.includes(`--listen=0.0.0.0:${containerPort}`))
  for (const probe of [livenessProbe, readinessProbe]) t.match(probe?.httpGet, { port: targetPort, scheme: 'HTTPS' })
})

t.test("takes the agents' own tokens, and lets the collector ask about them and nothing else", async (t) => {
  const agent = (await readWorkload(`${BASE}/agent.yaml`)).spec.template
  const collector = await readWorkload(`${BASE}/collector.yaml`)
  const { roleRef, subjects } = await findOne(bindingShape)
  const role = await findOne(roleShape)
  const [namespace, account] = flagValue(collector, '--kubernetes-account')?.split('/') ?? []
  const tokens = agent.spec.volumes.flatMap(({ projected }) => projected?.sources ?? [])

  t.strictSame([namespace, account], ['nsentinel', agent.spec.serviceAccountName])
  t.strictSame(tokens, [{ serviceAccountToken: { audience: 'nsentinel-collector', path: 'token' } }])
  t.equal(roleRef.name, role.metadata.name)
  t.strictSame(role.rules, [{ apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] }])
  const { serviceAccountName: name } = collector.spec.template.spec
  t.strictSame(subjects, [{ kind: 'ServiceAccount', name, namespace }])
})

t.test('tags the image with the version that this is', async (t) => {
  const { images } = await readKustomization()
  const { stdout } = await execa(process.execPath, ['src/cli/main.ts', '--version'])

  t.strictSame(
    images.map(({ newTag }) => newTag),
    [stdout],
  )
})

async function readKustomization() {
  const [found] = await readManifest(`${BASE}/kustomization.yaml`)
  return kustomization.parse(found)
}

async function readAll(): Promise<unknown[]> {
  const { resources } = await readKustomization()
  return (await Promise.all(resources.map((file) => readManifest(`${BASE}/${file}`)))).flat()
}

async function readObjects() {
  return z.array(objectShape).parse(await readAll())
}

async function findOne<Shape extends z.ZodType>(shape: Shape): Promise<z.output<Shape>> {
  return shape.parse((await readAll()).find((found) => shape.safeParse(found).success))
}
