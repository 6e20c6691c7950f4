import type { Draft } from './join.ts'

/** Runtimes that put a kernel of their own between the container and the host's, by the names of shims and handlers. */
const GUESTS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[^a-z])(?:runsc|gvisor)(?:[^a-z]|$)/, 'gVisor'],
  [/(?:^|[^a-z])kata(?:[^a-z]|$)/, 'Kata'],
]

/**
 * Says why a container's namespaces, as this kernel shows them, tell nothing of what runs in it; null where they do.
 * Only a runtime's word counts, the shim's name before the handler's, which is the node's own choice. The name of a
 * process is none: whoever runs in a container chooses it.
 */
export function guestKernelOf({ rows }: Draft): string | null {
  const shim = rows.find((row) => row.shim !== undefined)?.shim
  const handler = rows.find(({ runtime }) => runtime.handler !== undefined)?.runtime.handler
  const [role, name] = shim === undefined ? ['handler', handler ?? ''] : ['shim', shim]
  const guest = GUESTS.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1]
  if (guest === undefined) return null
  return `${guest} by ${role} ${name}: a kernel of its own runs what is in it, and only the sandbox's process is seen here`
}
