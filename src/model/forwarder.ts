import type { Protocol } from './port.ts'

/** A process that holds ports of the host's for containers. */
export type Forwarder =
  | {
      readonly kind: 'docker-proxy'
      readonly protocol: Protocol
      readonly hostAddress: string
      readonly hostPort: number
      readonly containerAddress: string
      readonly containerPort: number
    }
  /** podman's monitor of one container: it binds the container's ports, and serves nobody there. */
  | { readonly kind: 'conmon'; readonly containerId: string }
  /** What forwards for a user's own containers: rootlessport, pasta, slirp4netns, rootlesskit. */
  | { readonly kind: 'rootless' }
  /** A daemon that binds a port so that nobody else does: dockerd without its proxy. */
  | { readonly kind: 'dockerd' }
