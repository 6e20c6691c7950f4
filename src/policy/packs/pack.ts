import type { Exception, Match } from '../policy.ts'

/** Exceptions that ship with the product: one piece of software's, on by default, each visible in what it accepts. */
export interface Pack {
  readonly name: string
  readonly exceptions: readonly Exception[]
}

/** One container of that software, and what of the host's it needs. */
export interface Component {
  readonly name: string
  /** Why it needs that. */
  readonly reason: string
  /** Who it is: never by names alone. */
  readonly who: Match
  /** The host namespaces that its makers declare for it. */
  readonly kinds: readonly ('net' | 'pid' | 'ipc')[]
  /** The host ports that it answers on by default. */
  readonly ports: readonly number[]
}

/** Makes a pack: it accepts what each component needs, and nothing else that a rule may find of it. */
export function definePack(name: string, components: readonly Component[]): Pack {
  return { name, exceptions: components.flatMap((component) => exceptionsOf(`${name}/${component.name}`, component)) }
}

function exceptionsOf(id: string, { reason, who, kinds, ports }: Component): Exception[] {
  const rule = kinds.map((kind) => `shared-${kind}-namespace`)
  const sharing: Exception = { id, reason, expiresAt: null, match: { ...who, rule } }
  if (ports.length === 0) return [sharing]
  const answering = { ...who, rule: ['exposed-host-port', 'undeclared-host-listener'], port: ports }
  return [sharing, { id: `${id}-ports`, reason, expiresAt: null, match: answering }]
}
