import * as z from 'zod'

/**
 * What Docker's API answers, and podman's after it, cut down to the fields that are used (Docker Engine API 1.41).
 * Text is bounded because whoever owns the socket writes it.
 */
const text = z.string().max(4096)
const mode = text.nullish().transform((value) => value ?? '')
const id = z.string().regex(/^[0-9a-f]{64}$/)

/** Whoever starts a container labels it: one label of no use must not hide the container. */
const label = text.optional().catch(undefined)

const labels = z
  .object({
    'io.kubernetes.pod.namespace': label,
    'io.kubernetes.pod.name': label,
    'io.kubernetes.pod.uid': label,
    'io.kubernetes.container.name': label,
    'io.kubernetes.docker.type': label,
    'io.cri-containerd.kind': label,
    'annotation.kubernetes.io/config.source': label,
  })
  .nullish()

const binding = z.object({ HostIp: text.nullish(), HostPort: text.nullish() })
const bindings = z.record(z.string(), z.array(binding).max(65_536).nullish()).nullish()

/** EXPOSE of the image, by port and protocol. */
const exposed = z.record(z.string(), z.unknown()).nullish()

const network = z.object({ IPAddress: text.nullish(), GlobalIPv6Address: text.nullish() })
const networks = z.record(z.string(), network.nullish()).nullish()

/** Podman's pods: the infra container holds the namespaces that the others of its pod may join. */
const podman = { Pod: text.nullish(), IsInfra: z.boolean().nullish() }

const listed = z.object({
  Id: id,
  Names: z.array(text).nullish(),
  Image: text.nullish(),
  State: text.nullish(),
  Labels: labels,
  ...podman,
})

const inspected = z.object({
  Id: id,
  Name: text,
  RestartCount: z.number().int().nonnegative().nullish(),
  State: z.object({ Pid: z.number().int().nonnegative().nullish(), StartedAt: text.nullish() }),
  Config: z.object({ Image: text.nullish(), Labels: labels, ExposedPorts: exposed }),
  HostConfig: z.object({
    NetworkMode: mode,
    PidMode: mode,
    IpcMode: mode,
    UTSMode: mode,
    UsernsMode: mode,
    CgroupnsMode: mode,
    Runtime: text.nullish(),
    PortBindings: bindings,
  }),
  NetworkSettings: z.object({ Ports: bindings, Networks: networks }).nullish(),
  ...podman,
})

const info = z.object({ SecurityOptions: z.array(text).nullish() })

const event = z.object({
  Action: text,
  Actor: z.object({ ID: text, Attributes: z.object({ name: text.nullish() }).nullish() }),
})

export type ListedContainer = z.infer<typeof listed>
export type InspectedContainer = z.infer<typeof inspected>
export type HostConfig = InspectedContainer['HostConfig']
export type Labels = z.infer<typeof labels>

/**
 * Parses the answer of /containers/json. Rows that are no containers (an id that is not 64 hex digits, fields of
 * another type) are counted, not believed; so is an id that comes again.
 *
 * @throws ZodError when it is no list at all
 */
export function parseList(answer: unknown): { rows: readonly ListedContainer[]; malformed: number } {
  const results = z
    .array(z.unknown())
    .parse(answer)
    .map((row) => listed.safeParse(row))
  const byId = new Map(results.flatMap(({ data }) => (data === undefined ? [] : [[data.Id, data]])))
  return { rows: [...byId.values()], malformed: results.length - byId.size }
}

/** Parses the answer of /containers/ID/json. @throws ZodError, also when it describes another container */
export function parseInspected(answer: unknown, id: string): InspectedContainer {
  return inspected.extend({ Id: z.literal(id) }).parse(answer)
}

/**
 * Parses the answer of /info to the names of the daemon's security options, such as `userns` or `rootless`.
 * @throws ZodError
 */
export function parseSecurityOptions(answer: unknown): readonly string[] {
  const options = info.parse(answer).SecurityOptions ?? []
  return options.map((option) => /^name=(?<name>[^,]+)/.exec(option)?.groups?.['name'] ?? option)
}

/** Parses one line of /events. @throws SyntaxError or ZodError */
export function parseEvent(line: string): { action: string; id: string; name: string } {
  const { Action, Actor } = event.parse(JSON.parse(line))
  return { action: Action, id: Actor.ID, name: Actor.Attributes?.name ?? Actor.ID.slice(0, 12) }
}
