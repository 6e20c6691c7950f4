import { definePack } from './pack.ts'

/**
 * The agent itself, known by its own pid and not by any name: nobody else can take its place. It answers on no port, so
 * a listener of its own would be a finding.
 */
export const nsentinel = definePack('nsentinel', [
  {
    name: 'self',
    reason:
      "the agent that looks: it sees the node's processes, sockets, rules and ipc objects only from the host's namespaces",
    who: { self: true },
    kinds: ['net', 'pid', 'ipc'],
    ports: [],
  },
])
