import type { Container, Pod, Privileges } from '../../model/container.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { View } from './paint.ts'
import { labelWords } from './security-label.ts'
import { INDENT } from './table.ts'
import { count, moment, shown, wrap } from './text.ts'

/** Says who a container is and what its main task may do. */
export function renderIdentity(container: Container, view: View): string[] {
  const lines = [
    factsOf(container),
    originOf(container),
    ...guestOf(container),
    ...podOf(container.pod),
    privilegesOf(container),
  ]
  return [
    view.paint('title', `${shown(container.name)} (${container.role}, ${container.state})`),
    ...lines.flatMap((parts) => wrap(parts, view.columns - INDENT.length)).map((line) => `${INDENT}${line}`),
  ]
}

function factsOf({ id, image, startedAt, restarts, initPid, processes }: Container): string[] {
  return [
    `id ${shown(id)}`,
    `image ${image === null ? 'unknown' : shown(image)}`,
    startedAt === null ? 'start unknown' : `started ${moment(startedAt)}`,
    ...(restarts === null ? [] : [count(restarts, 'restart')]),
    `main pid ${initPid ?? 'unknown'}`,
    `${count(processes.count, 'process', 'processes')} with ${count(processes.threads, 'thread')}`,
  ]
}

function originOf({ runtime, sources, parent, sandboxId }: Container): string[] {
  const { name, handler, socket, user } = runtime
  return [
    `runtime ${name}${socket === undefined ? '' : ` on ${shown(socket)}`}`,
    ...(handler === undefined ? [] : [`handler ${shown(handler)}`]),
    ...(user === undefined ? [] : [`of user ${shown(user)}`]),
    `known to ${shown(sources.join(', '))}`,
    ...(parent === undefined ? [] : [`inside container ${shown(parent)}`]),
    ...(sandboxId === undefined ? [] : [`sandbox ${shown(sandboxId)}`]),
  ]
}

function guestOf({ guestKernel }: Container): string[][] {
  return guestKernel === undefined ? [] : [[`namespaces of a sandbox: ${shown(guestKernel)}`]]
}

function podOf(pod: Pod | undefined): string[][] {
  if (pod === undefined) return []
  const proof = pod.proof === 'claim' ? 'by its own labels only, not proven' : `proven by ${pod.proof}`
  return [
    [
      `pod ${shown(pod.namespace)}/${shown(pod.name)}`,
      `container ${shown(pod.container)}`,
      `uid ${shown(pod.uid)}`,
      ...(pod.static ? ['static'] : []),
      proof,
    ],
  ]
}

function privilegesOf({ privileges, userNs }: Container): string[] {
  const root =
    userNs.rootMapsTo === null ? 'its root maps to nobody known' : `its root is uid ${userNs.rootMapsTo} outside`
  const userNamespace = `user namespace ${userNs.inode ?? 'unknown'}, ${root}`
  if (privileges === null) return ['what it may do could not be read', userNamespace]
  return [...rightsOf(privileges), userNamespace]
}

function rightsOf({ uid, effectiveCapabilities, seccomp, noNewPrivs, lsm }: Privileges): string[] {
  const capabilities = capabilitiesOf(effectiveCapabilities)
  return [
    `uid ${uid}`,
    `seccomp ${seccomp}`,
    `no_new_privs ${noNewPrivs ? 'set' : 'not set'}`,
    labelWords(lsm),
    capabilities.length === 0 ? 'no capabilities' : `capabilities ${capabilities.join(' ')}`,
  ]
}
