import type { Forwarder } from '../../model/forwarder.ts'
import type { Listener } from '../../model/port.ts'
import type { Process } from '../../model/task.ts'
import type { DetailSource } from '../../sources/source.ts'
import type { Draft } from '../join.ts'

/** What programs that hold ports for containers are called while they do; the rest need not be asked. */
const NAMES =
  /^(?:docker-proxy|dockerd|conmon|slirp4netns|rootlessport|rootlesskit|containers-root|exe|pas(?:ta|st)(?:\.avx2)?)$/

/** Who was there when the sockets were read. */
interface Present {
  readonly processes: readonly Process[]
  readonly drafts: readonly Draft[]
  /** The inode of the host's net namespace. */
  readonly hostNet: number
  readonly details: Pick<DetailSource, 'readForwarder'>
}

/**
 * Asks those that hold sockets of the host's what they do with them. Only a process of the host's, in its net namespace
 * and in no container, is believed: what it is called and started with is its own choice.
 */
export function readForwarders(listeners: readonly Listener[], present: Present): ReadonlyMap<number, Forwarder> {
  const { processes, drafts, hostNet, details } = present
  const contained = new Set(drafts.flatMap((draft) => draft.processes.map(({ leader }) => leader.pid)))
  const holding = new Set(
    listeners
      .filter(({ netInode }) => netInode === hostNet)
      .flatMap(({ owners }) =>
        owners.flatMap(({ pid, containerId }) => (containerId === undefined ? (pid ?? []) : [])),
      ),
  )
  return new Map(
    processes.flatMap(({ leader }) => {
      const { pid, comm, container, namespaces } = leader
      if (!holding.has(pid) || contained.has(pid) || container !== null || !NAMES.test(comm)) return []
      const forwarder = namespaces.net === hostNet ? details.readForwarder(leader) : null
      return forwarder === null ? [] : [[pid, forwarder] as const]
    }),
  )
}
