import type { Declared } from '../../model/container.ts'
import type { NamespaceKind } from '../../model/namespace.ts'
import type { Declaration } from '../source.ts'
import type { NamespaceMode, NamespaceOptions } from './cri-schema.ts'
import type { ContainerInfo, SpecNamespace } from './info-schema.ts'

type Declarations = Readonly<Record<NamespaceKind, Declaration>>

const UNKNOWN: Declaration = { declared: 'unknown', by: null }

/** Namespaces as the OCI runtime specification names them, where it differs from namespaces(7). */
const SPEC_TYPES: Readonly<Partial<Record<NamespaceKind, string>>> = { net: 'network', mnt: 'mount' }

/** What a pod's sandbox was asked to have: `options` of its status, `spec` of its verbose info. */
export function declareSandbox(options: NamespaceOptions | null, spec: readonly SpecNamespace[] | null): Declarations {
  return {
    ...declareShared(options, spec),
    pid: options === null ? UNKNOWN : { declared: declaredBy(options.pid), by: sandboxSays('pid', options.pid) },
  }
}

/**
 * What a container was asked to have. It joins its sandbox's net, ipc, uts and user namespace whatever its own options
 * say, so the sandbox's count; pid is its own to choose.
 */
export function declareContainer(sandbox: NamespaceOptions | null, info: ContainerInfo | null): Declarations {
  const spec = info?.runtimeSpec ?? null
  return { ...declareShared(sandbox, spec), pid: declarePid(sandbox, info?.options ?? null, spec) }
}

function declareShared(
  options: NamespaceOptions | null,
  spec: readonly SpecNamespace[] | null,
): Omit<Declarations, 'pid'> {
  return {
    net: fromOptions('network', options),
    ipc: fromOptions('ipc', options),
    uts: declareUts(options),
    user: declareUser(options, spec),
    mnt: fromSpec('mnt', spec),
    cgroup: fromSpec('cgroup', spec),
    time: fromSpec('time', spec),
  }
}

function fromOptions(option: 'network' | 'ipc', options: NamespaceOptions | null): Declaration {
  if (options === null) return UNKNOWN
  return { declared: declaredBy(options[option]), by: sandboxSays(option, options[option]) }
}

/** CRI has no option for uts: every runtime gives a hostNetwork pod the host's and any other pod one of its own. */
function declareUts(options: NamespaceOptions | null): Declaration {
  if (options === null) return UNKNOWN
  return { declared: declaredBy(options.network), by: `${sandboxSays('network', options.network)}, which uts follows` }
}

/** Without usernsOptions nobody asked for one, and only the specification tells whether the runtime made one. */
function declareUser(options: NamespaceOptions | null, spec: readonly SpecNamespace[] | null): Declaration {
  if (options === null || options.user === null) {
    const made = fromSpec('user', spec)
    return made.declared === 'private' ? { ...made, declared: 'pod' } : made
  }
  return { declared: declaredBy(options.user), by: sandboxSays('usernsOptions.mode', options.user) }
}

function declarePid(
  sandbox: NamespaceOptions | null,
  own: ContainerInfo['options'],
  spec: readonly SpecNamespace[] | null,
): Declaration {
  if (own === null) return declarePidOfPod(sandbox, spec)
  const by = `cri container namespace_options.pid=${own.pid}`
  if (own.pid === 'TARGET' && own.targetId !== '') return { declared: `container:${own.targetId}`, by }
  // POD is also what is left out: the pod's pid namespace, which may be the host's.
  if (own.pid === 'POD' && sandbox?.pid === 'NODE') return { declared: 'host', by: sandboxSays('pid', 'NODE') }
  return { declared: declaredBy(own.pid), by }
}

/** CRI-O tells no container's options: one of its own with a path is another container's (an ephemeral container). */
function declarePidOfPod(sandbox: NamespaceOptions | null, spec: readonly SpecNamespace[] | null): Declaration {
  if (sandbox === null) return UNKNOWN
  const path = spec?.find(({ type }) => type === 'pid')?.path ?? ''
  if (sandbox.pid === 'CONTAINER' && path !== '') {
    return { declared: `path:${path}`, by: 'cri container runtimeSpec.linux.namespaces' }
  }
  return { declared: declaredBy(sandbox.pid), by: sandboxSays('pid', sandbox.pid) }
}

function fromSpec(kind: NamespaceKind, spec: readonly SpecNamespace[] | null): Declaration {
  if (spec === null) return UNKNOWN
  const listed = spec.some(({ type }) => type === (SPEC_TYPES[kind] ?? kind))
  return { declared: listed ? 'private' : 'host', by: 'cri runtimeSpec.linux.namespaces' }
}

function declaredBy(mode: NamespaceMode): Declared {
  if (mode === 'NODE') return 'host'
  if (mode === 'POD') return 'pod'
  return mode === 'CONTAINER' ? 'private' : 'unknown'
}

function sandboxSays(option: string, mode: NamespaceMode): string {
  return `cri sandbox namespaces.options.${option}=${mode}`
}
