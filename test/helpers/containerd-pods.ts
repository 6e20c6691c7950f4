import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { PodClient } from './containerd-client.ts'
import { IMAGE, SLEEP } from './containerd-image.ts'

/** A pod as the kubelet would ask for it: `pid` is CONTAINER unless it shares process namespaces. */
export interface PodOptions {
  readonly name?: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly network?: 'POD' | 'NODE'
  readonly pid?: 'POD' | 'CONTAINER' | 'NODE'
  readonly ipc?: 'POD' | 'NODE'
  readonly ports?: readonly PodPort[]
  /** Its first container; null for a pod that is only a sandbox. */
  readonly container?: ContainerOptions | null
}

interface PodPort {
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  readonly hostIp?: string
}

interface ContainerOptions {
  readonly name?: string
  readonly command?: readonly string[]
  /** The id of a container whose pid namespace this one joins, as an ephemeral container does. */
  readonly target?: string
  /** Without `CAP_`, such as `SYS_ADMIN`. */
  readonly capabilities?: readonly string[]
  /** Where it sees the machine's own files, read-only; nowhere unless said. */
  readonly machineAt?: string
}

/** A pod that runs. */
export interface RunningPod {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly sandboxId: string
  /** Of the first container; empty without one. */
  readonly containerId: string
  /** Runs one more container in it and gives the id. */
  run(container: ContainerOptions): Promise<string>
  /** Kills and removes a container of it. */
  removeContainer(id: string): Promise<void>
  remove(): Promise<void>
}

const sandboxAnswer = z.object({ pod_sandbox_id: z.string() })
const containerAnswer = z.object({ container_id: z.string() })

/** Runs a pod in cgroups below `cgroup`, laid out as a kubelet with the cgroupfs driver does. */
export async function runPod(client: PodClient, cgroup: string, options: PodOptions): Promise<RunningPod> {
  const { container = {} } = options
  const config = sandboxConfig(cgroup, options)
  const { name, namespace, uid } = config.metadata
  const sandboxId = sandboxAnswer.parse(await client.call('RunPodSandbox', { config })).pod_sandbox_id
  const run = (more: ContainerOptions) => runContainer(client, sandboxId, config, more)
  return {
    name,
    namespace,
    uid,
    sandboxId,
    containerId: container === null ? '' : await run(container),
    run,
    removeContainer: async (id) => void (await client.call('RemoveContainer', { container_id: id })),
    remove: () => removePod(client, sandboxId),
  }
}

/** Kills what is in a pod and removes it. */
export async function removePod(client: PodClient, sandboxId: string): Promise<void> {
  await client.call('StopPodSandbox', { pod_sandbox_id: sandboxId })
  await client.call('RemovePodSandbox', { pod_sandbox_id: sandboxId })
}

type SandboxConfig = ReturnType<typeof sandboxConfig>

function sandboxConfig(cgroup: string, options: PodOptions) {
  const { network = 'POD', pid = 'CONTAINER', ipc = 'POD', ports = [], labels = {}, annotations = {} } = options
  const uid = randomUUID()
  const name = options.name ?? `pod-${uid.slice(0, 8)}`
  const namespace = options.namespace ?? 'default'
  return {
    metadata: { name, namespace, uid },
    hostname: network === 'NODE' ? '' : name,
    port_mappings: ports.map(({ hostPort, containerPort, protocol = 'TCP', hostIp = '' }) => ({
      protocol,
      container_port: containerPort,
      host_port: hostPort,
      host_ip: hostIp,
    })),
    labels: {
      ...labels,
      'io.kubernetes.pod.name': name,
      'io.kubernetes.pod.namespace': namespace,
      'io.kubernetes.pod.uid': uid,
    },
    annotations: { 'kubernetes.io/config.source': 'api', ...annotations },
    linux: {
      cgroup_parent: `${cgroup}/besteffort/pod${uid}`,
      security_context: { namespace_options: { network, pid, ipc } },
    },
  }
}

async function runContainer(
  client: PodClient,
  sandboxId: string,
  sandbox: SandboxConfig,
  { name = 'app', command = SLEEP, target, capabilities = [], machineAt }: ContainerOptions,
): Promise<string> {
  const options = sandbox.linux.security_context.namespace_options
  const config = {
    metadata: { name },
    image: { image: IMAGE },
    command,
    mounts: machineAt === undefined ? [] : [{ container_path: machineAt, host_path: '/', readonly: true }],
    linux: {
      security_context: {
        capabilities: { add_capabilities: capabilities },
        namespace_options: target === undefined ? options : { ...options, pid: 'TARGET', target_id: target },
      },
    },
  }
  const request = { pod_sandbox_id: sandboxId, config, sandbox_config: sandbox }
  const { container_id } = containerAnswer.parse(await client.call('CreateContainer', request))
  await client.call('StartContainer', { container_id })
  return container_id
}
