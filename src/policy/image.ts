const DIGEST_ALONE = /^(?:sha256:)?[0-9a-f]{64}$/
const DOCKER_HUB = 'docker.io/'
const DOCKER_OFFICIAL = 'docker.io/library/'

/**
 * Names the repository of an image reference, without tag and digest: as it is pulled (`docker.io/library/busybox`),
 * and as people write it where the registry is Docker's own (`busybox`). A bare digest names no repository.
 */
export function repositoryNames(reference: string): string[] {
  if (reference === '' || DIGEST_ALONE.test(reference)) return []
  const full = withRegistry(withoutTag(reference.split('@', 1)[0] ?? ''))
  const prefix = [DOCKER_OFFICIAL, DOCKER_HUB].find((start) => full.startsWith(start))
  return prefix === undefined ? [full] : [full, full.slice(prefix.length)]
}

/** A colon before the last slash is a registry's port. */
function withoutTag(name: string): string {
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  return colon === -1 ? name : name.slice(0, colon)
}

/** The first part is a registry only if it looks like a host: the rule that Docker and containerd share. */
function withRegistry(name: string): string {
  const slash = name.indexOf('/')
  const host = slash === -1 ? '' : name.slice(0, slash)
  if (host === 'index.docker.io') return `${DOCKER_HUB}${name.slice(slash + 1)}`
  if (host === 'localhost' || /[.:]/.test(host)) return name
  return slash === -1 ? `${DOCKER_OFFICIAL}${name}` : `${DOCKER_HUB}${name}`
}
