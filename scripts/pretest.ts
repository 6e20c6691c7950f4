import { execa } from 'execa'
import { isInstalled } from '../test/helpers/commands.ts'

interface Tool {
  readonly package: string
  /** A file that the package brings: a command, or an absolute path. */
  readonly probe: string
  /** What is skipped without it. */
  readonly usedBy: string
}

const TOOLS: readonly Tool[] = [
  { package: 'docker.io', probe: 'dockerd', usedBy: 'the Docker source, the demo and the image on a real dockerd' },
  { package: 'busybox-static', probe: '/bin/busybox', usedBy: 'images for the real dockerd' },
  { package: 'containerd', probe: 'containerd', usedBy: 'the CRI source on a real containerd' },
  { package: 'runc', probe: 'runc', usedBy: 'pods on the real containerd, containers of the real podman' },
  { package: 'podman', probe: 'podman', usedBy: 'the podman source on a real podman' },
  { package: 'uidmap', probe: 'newuidmap', usedBy: 'the podman of a user who is not root' },
  { package: 'catatonit', probe: 'catatonit', usedBy: 'pods of the real podman' },
  {
    package: 'containernetworking-plugins',
    probe: '/usr/lib/cni/portmap',
    usedBy: 'networks and host ports of pods on the real containerd',
  },
  { package: 'iproute2', probe: 'ip', usedBy: 'network namespaces and the bridge of the real dockerd' },
  { package: 'util-linux', probe: 'setpriv', usedBy: 'processes in namespaces of their own (unshare, nsenter)' },
  { package: 'iptables', probe: 'iptables', usedBy: 'NAT rules' },
  { package: 'nftables', probe: 'nft', usedBy: 'NAT rules of nftables, and the image' },
  { package: 'chromium', probe: 'chromium', usedBy: 'the dashboard in a browser' },
  { package: 'postgresql', probe: '/usr/lib/postgresql', usedBy: 'the store on a real PostgreSQL' },
  { package: 'gcc', probe: 'gcc', usedBy: 'processes whose threads differ in their namespaces' },
  { package: 'libc6-dev', probe: '/usr/include/stdio.h', usedBy: 'processes whose threads differ in their namespaces' },
]

const MINUTES = 60_000

const missing = TOOLS.filter(isAbsent)
const canInstall = process.getuid?.() === 0 && isInstalled('apt-get')
if (missing.length > 0 && canInstall) await install(missing)
const stillMissing = missing.filter(isAbsent)
for (const tool of stillMissing) console.error(`pretest: without ${tool.package}, tests are skipped: ${tool.usedBy}`)
if (stillMissing.length > 0 && !canInstall) console.error('pretest: run as root on Debian or Ubuntu to install them')
if (stillMissing.length > 0 && canInstall && process.env['CI'] === 'true') process.exitCode = 1

function isAbsent({ probe }: Tool): boolean {
  return !isInstalled(probe)
}

/** One package at a time: one that a distribution lacks takes no other with it. */
async function install(tools: readonly Tool[]): Promise<void> {
  console.error(`pretest: installing ${tools.map((tool) => tool.package).join(', ')}`)
  await apt('update')
  for (const tool of tools) await apt('install', '--yes', '--no-install-recommends', tool.package)
}

async function apt(...args: readonly string[]): Promise<void> {
  const { failed, stderr } = await execa('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    stdin: 'ignore',
    timeout: 10 * MINUTES,
    reject: false,
  })
  if (failed) console.error(`pretest: apt-get ${args.join(' ')} failed: ${stderr.trim().slice(-1000)}`)
}
