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

export const PSS_HOST_PORTS: Reference = {
  name: 'Pod Security Standards, Baseline: Host Ports',
  url: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
}

export const ATTACK_NON_STANDARD_PORT: Reference = {
  name: 'MITRE ATT&CK T1571: Non-Standard Port',
  url: 'https://attack.mitre.org/techniques/T1571/',
}

export const ATTACK_MIDDLE: Reference = {
  name: 'MITRE ATT&CK T1557: Adversary-in-the-Middle',
  url: 'https://attack.mitre.org/techniques/T1557/',
}

export const ATTACK_EXTERNAL: Reference = {
  name: 'MITRE ATT&CK T1133: External Remote Services',
  url: 'https://attack.mitre.org/techniques/T1133/',
}

export const ATTACK_FIREWALL: Reference = {
  name: 'MITRE ATT&CK T1562.004: Disable or Modify System Firewall',
  url: 'https://attack.mitre.org/techniques/T1562/004/',
}

export const ATTACK_PROXY: Reference = {
  name: 'MITRE ATT&CK T1090: Proxy',
  url: 'https://attack.mitre.org/techniques/T1090/',
}

/** An item of the CIS Docker Benchmark. */
export function cisDocker(item: string): Reference {
  return { name: `CIS Docker Benchmark ${item}`, url: 'https://www.cisecurity.org/benchmark/docker' }
}
