import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IMAGE } from './containerd-image.ts'

/** Where Debian's containernetworking-plugins are. */
export const CNI_PLUGINS = '/usr/lib/cni'

/**
 * Writes the configuration of a containerd that keeps everything in one folder, and gives its path. Pods get addresses
 * of the bridge's subnet and hostPorts by the real portmap plugin; the bridge is there already, so that no plugin turns
 * the machine's forwarding on.
 */
export async function configure(root: string, socketPath: string, bridge: string): Promise<string> {
  await mkdir(join(root, 'cni'))
  await writeFile(join(root, 'cni/10-bridge.conflist'), JSON.stringify(network(root, bridge)))
  const file = join(root, 'config.toml')
  await writeFile(file, configuration(root, socketPath))
  return file
}

/** A CNI network of a bridge that is there already, with hostPorts by portmap. */
export function network(root: string, bridge: string) {
  const subnet = `198.18.${bridge.replace(/\D/g, '')}.0/24`
  const ipam = {
    type: 'host-local',
    dataDir: join(root, 'ipam'),
    ranges: [[{ subnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  }
  const plugins = [
    { type: 'bridge', bridge, ipam },
    { type: 'portmap', capabilities: { portMappings: true } },
  ]
  return { cniVersion: '0.4.0', name: bridge, plugins }
}

/** Without restrict_oom_score_adj no sandbox starts where root lacks CAP_SYS_RESOURCE. */
function configuration(root: string, socketPath: string): string {
  return `
version = 2
root = "${root}/data"
state = "${root}/state"
[grpc]
  address = "${socketPath}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${root}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = "${root}/runc"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${CNI_PLUGINS}"
  conf_dir = "${root}/cni"
`
}
