import type { Container } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { familyOf } from './family.ts'
import { provenPodUid } from './pods.ts'
import { ATTACK_DEPLOY } from './references.ts'
import type { Rule } from './rule.ts'
import { subjectOf } from './subject.ts'

/**
 * On a Kubernetes node (some container is proven to be a pod's) a container that no pod owns: no scheduler, admission
 * policy or quota of the cluster's knows of it. What runs inside a pod's container is that pod's, whatever started it.
 */
export const unmanagedContainer: Rule = {
  id: 'unmanaged-container',
  title: 'Container on a Kubernetes node that no pod owns',
  inputs: [],
  references: [ATTACK_DEPLOY],
  evaluate: ({ containers }) => {
    if (!containers.some((container) => provenPodUid(container) !== undefined)) return []
    const family = familyOf(containers)
    return containers.filter((container) => family(container).owner === 'nobody').map(hit)
  },
}

function hit(container: Container): Hit {
  const { name, runtime, image, pod, privileges } = container
  const claims = pod === undefined ? {} : { claims: `${pod.namespace}/${pod.name}` }
  return {
    subject: subjectOf(container),
    fact: 'pod',
    severity: pod === undefined ? 'info' : 'low',
    summary: `no pod owns ${name}${pod === undefined ? '' : ', although its labels say so'}`,
    evidence: { runtime: runtime.name, image, ...claims, privileges },
  }
}
