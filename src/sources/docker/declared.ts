import type { NamespaceKind } from '../../model/namespace.ts'
import type { Declaration } from '../source.ts'
import type { HostConfig } from './docker-schema.ts'

/** What a container's own fields do not say. */
export interface DeclarationContext {
  /** `docker` or `podman`, as declaredBy names it. */
  readonly runtime: string
  /** What the daemon gives a container that names no user namespace. */
  readonly defaultUser: Declaration
  /** Finds the full id of a container by id, unique prefix or name. */
  readonly resolve: (reference: string) => string | null
  /** The id of the infra container of its podman pod; null where it has none. */
  readonly infraId?: string | null
}

/** Stands for `shareable` of a podman that says it of the host's ipc namespace too. */
export const AMBIGUOUS_IPC = 'shareable or host'

/** Stands for `shareable` of such a podman where what it gave its OCI runtime says that it is the host's. */
export const HOST_IPC_BY_CONFIG = 'shareable, host by the OCI config'

/**
 * Reads what a container was asked for from its HostConfig. A mode that is left empty means the daemon's default:
 * private, except for the cgroup namespace (host until API 1.41 wrote the mode down) and the user namespace.
 * `--network host` leaves the uts namespace private, unlike Kubernetes' hostNetwork (seen on dockerd 20.10).
 */
export function parseDeclared(
  config: HostConfig,
  context: DeclarationContext,
): Readonly<Record<NamespaceKind, Declaration>> {
  const ask = (field: keyof HostConfig & `${string}Mode`, fallback: Declaration) =>
    config[field] === '' ? fallback : parseMode(field, config[field], context)
  const byDefault = { declared: 'private', by: `${context.runtime} default` } as const
  return {
    net: ask('NetworkMode', byDefault),
    pid: ask('PidMode', byDefault),
    ipc: ask('IpcMode', byDefault),
    mnt: { declared: 'private', by: `${context.runtime} always` },
    uts: ask('UTSMode', byDefault),
    user: ask('UsernsMode', context.defaultUser),
    cgroup: ask('CgroupnsMode', { declared: 'host', by: `${context.runtime} default` }),
    time: { declared: 'host', by: `${context.runtime} makes no time namespace` },
  }
}

const NOBODY: Declaration = { declared: 'unknown', by: null }

/** What is declared of a container whose HostConfig could not be read. */
export const NOTHING_DECLARED: Readonly<Record<NamespaceKind, Declaration>> = {
  net: NOBODY,
  pid: NOBODY,
  ipc: NOBODY,
  mnt: NOBODY,
  uts: NOBODY,
  user: NOBODY,
  cgroup: NOBODY,
  time: NOBODY,
}

/** Reads what a daemon gives containers that name no user namespace from its security options. */
export function parseDefaultUser(runtime: string, securityOptions: readonly string[]): Declaration {
  if (securityOptions.includes('userns')) return { declared: 'private', by: `${runtime} userns-remap` }
  // A rootless daemon's containers share its own user namespace, which is neither the host's nor theirs.
  if (securityOptions.includes('rootless')) return { declared: 'unknown', by: `${runtime} rootless` }
  return { declared: 'host', by: `${runtime} without userns-remap` }
}

function parseMode(field: string, mode: string, { runtime, resolve, infraId }: DeclarationContext): Declaration {
  const by = `${runtime} HostConfig.${field}=${mode.slice(0, 128)}`
  if (mode === 'host' || mode === HOST_IPC_BY_CONFIG) return { declared: 'host', by }
  if (mode === AMBIGUOUS_IPC) return { declared: 'unknown', by }
  const { kind, target } = /^(?<kind>container|ns):(?<target>.+)$/s.exec(mode)?.groups ?? {}
  if (target === undefined) return { declared: 'private', by }
  if (kind === 'ns') return { declared: `path:${target}`, by }
  const id = resolve(target)
  if (id === null) return { declared: 'unknown', by }
  return id === infraId ? { declared: 'pod', by } : { declared: `container:${id}`, by }
}
