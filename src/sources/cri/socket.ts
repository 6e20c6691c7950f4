import { access, constants, stat } from 'node:fs/promises'
import { type Answer, answered, type Failure, failed } from './answer.ts'

/**
 * Where runtimes listen: crictl's defaults in crictl's order, then the places of distributions that bring their own
 * containerd (k3s and RKE2, MicroK8s, k0s).
 */
export const CRI_SOCKETS: readonly string[] = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/var/run/cri-dockerd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
  '/run/k0s/containerd.sock',
]

const REASONS: Readonly<Record<string, Failure['reason']>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EACCES: 'denied',
  EPERM: 'denied',
}

/** Tells whose a socket is, or why nothing can be asked there; connecting needs the right to write, unix(7). */
export async function inspectSocket(path: string): Promise<Answer<{ readonly uid: number }>> {
  return await access(path, constants.W_OK)
    .then(() => stat(path))
    .then(
      ({ uid }) => answered({ uid }),
      (error: NodeJS.ErrnoException) => failed(REASONS[error.code ?? ''] ?? 'malformed', error.message),
    )
}
