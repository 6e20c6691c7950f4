import { ATTACK_ESCAPE, cisDocker, PSS_HOST_NAMESPACES } from './references.ts'
import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * A container whose ipc namespace inode equals the host's reaches the host's System V shared memory, semaphores and
 * message queues, ipc_namespaces(7). Runtimes do this for `--ipc=host` and `hostIPC: true`.
 */
export const sharedIpcNamespace: Rule = {
  id: 'shared-ipc-namespace',
  title: 'Container shares the host IPC namespace',
  inputs: ['ipc'],
  references: [PSS_HOST_NAMESPACES, ATTACK_ESCAPE, cisDocker('5.16')],
  evaluate: (snapshot) => sharedWithHost('ipc', "runs in the host's IPC namespace", snapshot),
}
