import { readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import * as z from 'zod'

const mount = z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })

const securityContext = z.object({
  runAsUser: z.number().optional(),
  runAsGroup: z.number().optional(),
  privileged: z.boolean(),
  allowPrivilegeEscalation: z.boolean(),
  readOnlyRootFilesystem: z.boolean(),
  capabilities: z.object({ drop: z.array(z.string()), add: z.array(z.string()).default([]) }),
  appArmorProfile: z.object({ type: z.string() }).optional(),
})

const httpGet = z.object({ path: z.string(), port: z.string(), scheme: z.string().default('HTTP') })

const container = z.object({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  securityContext,
  volumeMounts: z.array(mount),
  livenessProbe: z.object({ exec: z.object({ command: z.array(z.string()) }).optional(), httpGet: httpGet.optional() }),
  readinessProbe: z.object({ httpGet }).optional(),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  env: z.array(z.object({ name: z.string() })).default([]),
})

const projection = z.object({
  serviceAccountToken: z.object({ audience: z.string().optional(), path: z.string() }).optional(),
  configMap: z.object({ name: z.string() }).optional(),
})

const volume = z.object({
  name: z.string(),
  hostPath: z.object({ path: z.string() }).optional(),
  emptyDir: z.object({}).optional(),
  secret: z.object({ secretName: z.string() }).optional(),
  configMap: z.object({ name: z.string() }).optional(),
  projected: z.object({ sources: z.array(projection) }).optional(),
})

const workload = z.object({
  kind: z.enum(['DaemonSet', 'Deployment']),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        serviceAccountName: z.string(),
        automountServiceAccountToken: z.boolean(),
        hostPID: z.boolean().default(false),
        hostNetwork: z.boolean().default(false),
        hostIPC: z.boolean().default(false),
        securityContext: z.object({ runAsUser: z.number(), runAsGroup: z.number() }).optional(),
        containers: z.tuple([container]),
        volumes: z.array(volume),
      }),
    }),
  }),
})

export type Workload = z.infer<typeof workload>
export type PodSpec = Workload['spec']['template']['spec']

/** Reads every object of a manifest as plain data. */
export async function readManifest(path: string): Promise<unknown[]> {
  return parseManifest(await readFile(path, 'utf8'))
}

/** Gives every object of a manifest's text as plain data. */
export function parseManifest(text: string): unknown[] {
  // Kubernetes reads YAML 1.1, where 0400 is octal.
  return parseAllDocuments(text, { version: '1.1' }).map((document) => {
    if ('errors' in document && document.errors[0]) throw document.errors[0]
    return 'toJS' in document ? document.toJS() : document
  })
}

/** Reads the one DaemonSet or Deployment of a manifest. */
export async function readWorkload(path: string): Promise<Workload> {
  return workload.parse((await readManifest(path)).find(isWorkload))
}

/** Gives the DaemonSets and Deployments among objects. */
export function workloadsOf(objects: readonly unknown[]): Workload[] {
  return objects.filter(isWorkload).map((object) => workload.parse(object))
}

function isWorkload(object: unknown): boolean {
  return workload.pick({ kind: true }).safeParse(object).success
}

/** What the test puts in place of volumes: a folder of this machine by the volume's name. */
export type Folders = Readonly<Record<string, string>>

/** Translates a pod's security settings, namespaces and mounts to arguments of `docker run`, as a kubelet would. */
export function dockerArguments(
  { hostPID, hostNetwork, hostIPC, securityContext: pod, containers, volumes }: PodSpec,
  folders: Folders,
) {
  const [{ securityContext: own, volumeMounts }] = containers
  const { drop, add } = own.capabilities
  return [
    ...(hostPID ? ['--pid', 'host'] : []),
    ...(hostNetwork ? ['--network', 'host'] : []),
    ...(hostIPC ? ['--ipc', 'host'] : []),
    ...['--user', `${own.runAsUser ?? pod?.runAsUser}:${own.runAsGroup ?? pod?.runAsGroup}`],
    ...(own.privileged ? ['--privileged'] : []),
    ...(own.readOnlyRootFilesystem ? ['--read-only'] : []),
    ...(own.allowPrivilegeEscalation ? [] : ['--security-opt', 'no-new-privileges']),
    ...(own.appArmorProfile?.type === 'Unconfined' ? ['--security-opt', 'apparmor=unconfined'] : []),
    ...drop.flatMap((capability) => ['--cap-drop', capability]),
    ...add.flatMap((capability) => ['--cap-add', capability]),
    ...volumeMounts.flatMap((mounted) => mountArguments(mounted, volumes, folders)),
  ]
}

function mountArguments(
  { name, mountPath, readOnly }: z.infer<typeof mount>,
  volumes: PodSpec['volumes'],
  folders: Folders,
) {
  const { hostPath, emptyDir } = volumes.find((volume) => volume.name === name) ?? {}
  if (emptyDir !== undefined) return ['--tmpfs', mountPath]
  const folder = folders[name] ?? hostPath?.path
  if (folder === undefined) throw new Error(`the test has no folder for volume ${name}`)
  return ['--volume', `${folder}:${mountPath}${readOnly === true ? ':ro' : ''}`]
}
