import * as z from 'zod'
import type { PublishedPort } from '../source.ts'
import { type Answer, answered, failed } from './answer.ts'
import { id, mode, type NamespaceMode, name, reference } from './cri-schema.ts'

/** containerd's verbose info has 10 to 60 KB. */
const JSON_MAX_CHARACTERS = 1 << 20
const PORTS_MAX = 10_000
const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const
const PROTOCOL_NAMES = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const

const pid = z
  .int()
  .nullish()
  .transform((value) => (typeof value === 'number' && value > 0 ? value : null))

const namespace = z.object({ type: z.string().max(63), path: z.string().max(4096).optional() })
const runtimeSpec = z
  .object({ linux: z.object({ namespaces: z.array(namespace).max(64).default([]) }).nullish() })
  .nullish()
  .transform((spec) => spec?.linux?.namespaces ?? null)

const portNumber = z.int().min(0).max(65_535).default(0)
const hostAddress = z.string().max(63).default('')
/** The protocol is a number and, as every zero, left out for TCP. */
const mapping = z
  .object({
    protocol: z.literal([0, 1, 2]).default(0),
    host_ip: hostAddress,
    host_port: portNumber,
    container_port: portNumber,
  })
  .transform((port) => ({
    hostAddress: port.host_ip,
    hostPort: port.host_port,
    containerPort: port.container_port,
    protocol: PROTOCOLS[port.protocol],
  }))

const sandboxInfo = z
  .object({
    pid,
    image: reference.nullish(),
    runtimeHandler: name.default(''),
    runtimeType: name.default(''),
    config: z.object({ port_mappings: z.array(mapping).max(PORTS_MAX).default([]) }).nullish(),
    runtimeSpec,
  })
  .transform(({ config, image, ...rest }) => ({ ...rest, image: image ?? null, ports: config?.port_mappings ?? null }))

const ownOptions = z
  .object({ pid: mode, target_id: z.union([z.literal(''), id]).default('') })
  .transform((options) => ({ pid: options.pid, targetId: options.target_id }))
const security = z.object({ namespace_options: ownOptions.nullish() })
const containerInfo = z
  .object({
    pid,
    config: z.object({ linux: z.object({ security_context: security.nullish() }).nullish() }).nullish(),
    runtimeSpec,
  })
  .transform(({ config, ...rest }) => ({
    ...rest,
    options: config?.linux?.security_context?.namespace_options ?? null,
  }))

const containerPorts = z
  .array(
    z.object({
      protocol: z
        .enum(['TCP', 'UDP', 'SCTP'])
        .default('TCP')
        .transform((value) => PROTOCOL_NAMES[value]),
      hostIP: hostAddress,
      hostPort: portNumber,
      containerPort: portNumber,
    }),
  )
  .max(PORTS_MAX)
  .transform((ports) => ports.map(({ hostIP, ...port }) => ({ ...port, hostAddress: hostIP })))

/** A namespace of the OCI runtime specification; one without a path is made for the container. */
export type SpecNamespace = z.infer<typeof namespace>

/** A port as CRI maps it: hostPort 0 maps nothing. */
export type PortMapping = Omit<PublishedPort, 'implicit'>

/** What only the verbose info of a sandbox tells; null where the runtime leaves it out (CRI-O: `ports`). */
export interface SandboxInfo {
  readonly pid: number | null
  readonly image: string | null
  readonly runtimeHandler: string
  readonly runtimeType: string
  readonly ports: readonly PortMapping[] | null
  readonly runtimeSpec: readonly SpecNamespace[] | null
}

/** What only the verbose info of a container tells; `options` are its own, null where the runtime leaves them out. */
export interface ContainerInfo {
  readonly pid: number | null
  readonly options: { readonly pid: NamespaceMode; readonly targetId: string } | null
  readonly runtimeSpec: readonly SpecNamespace[] | null
}

/** Parses the JSON in a PodSandboxStatusResponse's info; null where there is none. */
export function parseSandboxInfo(text: string | null): Answer<SandboxInfo | null> {
  return parseJson(sandboxInfo, text)
}

/** Parses the JSON in a ContainerStatusResponse's info; null where there is none. */
export function parseContainerInfo(text: string | null): Answer<ContainerInfo | null> {
  return parseJson(containerInfo, text)
}

/** Parses the kubelet's annotation `io.kubernetes.container.ports`; null where there is none. */
export function parseContainerPorts(text: string | null): Answer<readonly PortMapping[] | null> {
  return parseJson(containerPorts, text)
}

function parseJson<Value>(schema: z.ZodType<Value>, text: string | null): Answer<Value | null> {
  if (text === null) return answered(null)
  if (text.length > JSON_MAX_CHARACTERS) return failed('too-large', `JSON of ${text.length} characters`)
  const { data, error } = json.pipe(schema).safeParse(text)
  return error === undefined ? answered(data) : failed('malformed', z.prettifyError(error))
}

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    context.issues.push({ code: 'custom', message: String(error), input: text })
    return z.NEVER
  }
})
