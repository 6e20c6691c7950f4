import { type Answers, refusal } from './containerd-fake.ts'

interface Sample {
  /** Its row in the list. */
  readonly row: { readonly id: string; readonly [field: string]: unknown }
  readonly status: object
}

/** A pod's sandbox as a runtime tells of it; `info` goes into the JSON of its verbose info. */
export function sandbox({ id = 'sandbox', options = {}, info = {}, ...row }: SandboxOptions = {}): Sample {
  const metadata = { name: 'web', namespace: 'default', uid: 'uid-1' }
  const verbose = { pid: 100, config: {}, runtimeSpec: { linux: { namespaces: [{ type: 'mount' }] } }, ...info }
  return {
    row: { id, metadata, state: 'SANDBOX_READY', createdAt: '1000000', ...row },
    status: { status: { id, linux: { namespaces: { options } } }, info: { info: JSON.stringify(verbose) } },
  }
}

interface SandboxOptions {
  readonly id?: string
  readonly options?: object
  readonly info?: object
  readonly state?: string
  readonly runtimeHandler?: string
}

/** A container as a runtime tells of it; `info` is the text of its verbose info. */
export function container({ id = 'container', status = {}, info = INFO, ...row }: ContainerOptions = {}): Sample {
  const metadata = { name: 'app' }
  return {
    row: { id, podSandboxId: 'sandbox', metadata, state: 'CONTAINER_RUNNING', createdAt: '1000000', ...row },
    status: { status: { id, startedAt: '1000000', ...status }, info: { info } },
  }
}

const INFO = JSON.stringify({ pid: 101, runtimeSpec: { linux: { namespaces: [{ type: 'mount' }] } } })

interface ContainerOptions {
  readonly id?: string
  readonly status?: object
  readonly info?: string
  readonly podSandboxId?: string
  readonly metadata?: object
  readonly state?: string
  readonly createdAt?: string
  readonly image?: object
  readonly annotations?: Readonly<Record<string, string>>
}

/** Answers as a containerd 2 with these pods. */
export function podAnswers(sandboxes: readonly Sample[], containers: readonly Sample[]): Answers {
  const statusOf = (samples: readonly Sample[], id: string | undefined) =>
    samples.find(({ row }) => row.id === id)?.status ?? refusal('NOT_FOUND')
  return {
    Version: () => ({ runtimeName: 'containerd', runtimeVersion: '2.1.9' }),
    ListPodSandbox: () => ({ items: sandboxes.map(({ row }) => row) }),
    ListContainers: () => ({ containers: containers.map(({ row }) => row) }),
    PodSandboxStatus: ({ podSandboxId }) => statusOf(sandboxes, podSandboxId),
    ContainerStatus: ({ containerId }) => statusOf(containers, containerId),
  }
}
