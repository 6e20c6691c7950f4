import { definePack } from './pack.ts'

/**
 * The agent itself, known by its own pid and not by any name: nobody else can take its place. It answers on no port,
 * so a listener of its own would be a finding.
 */
export const nsentinel = definePack('nsentinel', [
  {
    name: 'agent',
    reason:
      "this agent itself: it sees the node's processes, sockets and rules only from the host's pid and net namespace",
    who: { self: true },
    kinds: ['net', 'pid'],
    ports: [],
  },
])
