import type { NamespaceKind } from '../model/namespace.ts'

/** What an exception asks of a finding: of each list one must match, of the fields that are there all. */
export interface Match {
  /** Rule ids, globs. */
  readonly rule?: readonly string[]
  /** The finding's fact, where it is a namespace kind. */
  readonly kind?: readonly NamespaceKind[]
  /** The finding's fact, globs: `tcp/127.0.0.1/*`, the path of a pin. */
  readonly fact?: readonly string[]
  /** Of a finding about a port: its number, whatever the protocol and address. */
  readonly port?: readonly number[]
  /** The node's name, globs. */
  readonly node?: readonly string[]
  /** The container that the agent itself runs in. */
  readonly self?: true
  /** The container's name, globs: in its pod where that is proven, else the runtime's. */
  readonly container?: readonly string[]
  /** The image's repository, globs; see `repositoryNames`. */
  readonly image?: readonly string[]
  /** Pod fields: they match nothing but a proven identity. */
  readonly podNamespace?: readonly string[]
  readonly pod?: readonly string[]
  readonly workload?: readonly string[]
  /** Whether the kubelet read the pod from a file of the node's (or did not). */
  readonly static?: boolean
  /** `cri`: the kubelet's own word to the runtime is the only proof that counts. */
  readonly proof?: 'cri'
}

/** One kind of finding that is expected here, and why. */
export interface Exception {
  /** Names it in the findings that it accepts; a pack's holds the pack's name and a slash. */
  readonly id: string
  readonly reason: string
  /** From this moment on it matches nothing: Unix milliseconds, or null when it does not expire. */
  readonly expiresAt: number | null
  readonly match: Match
}

/** What is expected on the nodes that it is given to. */
export interface Policy {
  /** The names of the shipped packs in force. */
  readonly packs: readonly string[]
  /** The first that matches is the one that a finding names: the file's own before those of packs. */
  readonly exceptions: readonly Exception[]
}

/**
 * The text that a policy's hash is taken of: all that decides which findings are accepted and what they say, the
 * packs' content too, so that a new version's packs are another policy. Layout, comments and the order of keys are not
 * in it.
 */
export function canonicalPolicy({ packs, exceptions }: Policy): string {
  return JSON.stringify([
    1,
    packs,
    exceptions.map(({ id, reason, expiresAt, match }) => [id, reason, expiresAt, sorted(match)]),
  ])
}

function sorted(match: Match): (readonly [string, unknown])[] {
  return Object.entries(match).toSorted(([left], [right]) => (left < right ? -1 : 1))
}
