/** The first of what was found, each once and in an order of its own, and how many there are. */
export interface Bounded<Item> {
  readonly items: readonly Item[]
  readonly total: number
}

/** What was found; `unknown` where it could not be read, and then a gap says why. */
export type Found<Item> = Bounded<Item> | 'unknown'

/** An interface, or all whose names differ only in what a runtime made up, such as `veth*`. */
export interface ReachedInterface {
  readonly name: string
  /** Without link-local ones. */
  readonly addresses: Bounded<string>
}

/** What whoever is in the host's net namespace reaches beyond its addresses. */
export interface NetReach {
  /** What listens on loopback only, as `tcp/127.0.0.1/10248`; ports of the ephemeral range are one `ephemeral`. */
  readonly loopbackListeners: Found<string>
  /** Names in the abstract namespace of unix(7), without the leading NUL; what differs at each start is `*`. */
  readonly abstractSockets: Found<string>
  readonly interfaces: Found<ReachedInterface>
}

/** What whoever is in the host's pid namespace sees. */
export interface PidReach {
  /** By comm: well-known ones first, and others that have run for some time. */
  readonly hostProcesses: Found<string>
}

/** One System V object, or all of one key, owner and mode: private ones have the key 0. */
export interface IpcObject {
  /** As ipcs(1) shows it, such as `0x0052e2c1`. */
  readonly key: string
  readonly uid: number
  /** Octal, as `600`. */
  readonly mode: string
}

/** What whoever is in the host's ipc namespace finds there, sysvipc(7) and mq_overview(7). */
export interface IpcReach {
  readonly sharedMemory: Found<IpcObject>
  readonly semaphores: Found<IpcObject>
  readonly messageQueues: Found<IpcObject>
  readonly posixQueues: Found<string>
}

/**
 * The blast radius of sharing the host's namespaces, read once for all containers; a kind that no container shares is
 * not read, and absent. Names and presence only: what changes by itself while a node stands still is not in it.
 */
export interface Reach {
  readonly net?: NetReach
  readonly pid?: PidReach
  readonly ipc?: IpcReach
}

/** Enough to see what a namespace is worth: a finding of each container holds all of the lists. */
const SHOWN = 32

/** Keeps the first of a list, each once, in the order given. */
export function bounded<Item>(items: readonly Item[], most = SHOWN): Bounded<Item> {
  const byText = new Map(items.map((item) => [JSON.stringify(item), item]))
  return { items: [...byText.values()].slice(0, most), total: byText.size }
}
