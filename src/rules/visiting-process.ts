import type { Container } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { ATTRIBUTED_KINDS } from '../model/unattributed.ts'
import { ATTACK_CONTAINER_ADMIN } from './references.ts'
import type { Rule } from './rule.ts'
import { subjectOf } from './subject.ts'

/**
 * A process of the host's, no container's, is inside a container's net, pid, ipc or mnt namespace: somebody on the
 * node entered it with nsenter(1) or a debug tool. Both reads of the scan agree on it.
 */
export const visitingProcess: Rule = {
  id: 'visiting-process',
  title: "Process of the host is inside a container's namespace",
  inputs: ATTRIBUTED_KINDS,
  references: [ATTACK_CONTAINER_ADMIN],
  evaluate: ({ containers }) => containers.flatMap(hitsOf),
}

function hitsOf(container: Container): Hit[] {
  const { name, visitors } = container
  if (visitors === undefined) return []
  return [
    {
      subject: subjectOf(container),
      fact: 'visitors',
      severity: 'info',
      summary: `${visitors.total} process(es) of the host are inside ${name}`,
      evidence: { visitors },
    },
  ]
}
