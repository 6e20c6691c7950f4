import type { Container } from '../model/container.ts'
import type { Hit, Severity } from '../model/finding.ts'
import { HOST_IPC, type HostIpc, type HostMount } from '../model/host-ipc.ts'
import { ATTACK_ESCAPE } from './references.ts'
import type { Rule } from './rule.ts'
import { withoutExplainedSandboxes } from './shared.ts'
import { subjectOf } from './subject.ts'

const NAMES: Readonly<Record<keyof HostIpc, string>> = {
  shm: 'shared memory (/dev/shm)',
  mqueue: 'message queues (/dev/mqueue)',
}

/**
 * A container with an ipc namespace of its own has the host's /dev/shm or /dev/mqueue mounted: POSIX shared memory and
 * message queues are files, and a mount goes around the namespace. Where ipc is the host's, shared-ipc-namespace says
 * more than this.
 */
export const sharedHostShm: Rule = {
  id: 'shared-host-shm',
  title: "Container has the host's shared memory or message queues mounted",
  inputs: ['ipc'],
  references: [ATTACK_ESCAPE],
  evaluate: ({ containers }) =>
    HOST_IPC.flatMap((what) =>
      withoutExplainedSandboxes(containers.filter((container) => isMounted(container, what))).flatMap((container) =>
        container.hostIpc === undefined ? [] : [hit(container, what, container.hostIpc[what])],
      ),
    ),
}

function isMounted({ hostIpc, sharing }: Container, what: keyof HostIpc): boolean {
  const { main } = sharing.ipc
  return main !== 'host' && main !== 'kernel' && hostIpc?.[what].mounted === 'host'
}

function hit(container: Container, what: keyof HostIpc, { mountPoints, total, writable }: HostMount): Hit {
  const { name, sharing, privileges } = container
  const severity: Severity = writable ? 'medium' : 'low'
  return {
    subject: subjectOf(container),
    fact: what,
    severity,
    summary: `${name} has the host's ${NAMES[what]} mounted${writable ? '' : ' read-only'}`,
    evidence: { mountPoints, total, writable, ipc: sharing.ipc.main, privileges },
  }
}
