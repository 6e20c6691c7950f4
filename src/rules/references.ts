import type { Reference } from '../model/finding.ts'

export const PSS_HOST_NAMESPACES: Reference = {
  name: 'Pod Security Standards, Baseline: Host Namespaces',
  url: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
}

export const ATTACK_ESCAPE: Reference = {
  name: 'MITRE ATT&CK T1611: Escape to Host',
  url: 'https://attack.mitre.org/techniques/T1611/',
}

export const ATTACK_DEPLOY: Reference = {
  name: 'MITRE ATT&CK T1610: Deploy Container',
  url: 'https://attack.mitre.org/techniques/T1610/',
}

export const ATTACK_CONTAINER_ADMIN: Reference = {
  name: 'MITRE ATT&CK T1609: Container Administration Command',
  url: 'https://attack.mitre.org/techniques/T1609/',
}

export const ATTACK_HIDE: Reference = {
  name: 'MITRE ATT&CK T1564: Hide Artifacts',
  url: 'https://attack.mitre.org/techniques/T1564/',
}

/** An item of the CIS Docker Benchmark. */
export function cisDocker(item: string): Reference {
  return { name: `CIS Docker Benchmark ${item}`, url: 'https://www.cisecurity.org/benchmark/docker' }
}
