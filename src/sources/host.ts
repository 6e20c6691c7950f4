import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname, networkInterfaces } from 'node:os'
import type { NetworkInterface, Node } from '../model/node.ts'
import type { NodeSource } from './source.ts'

export interface HostOptions {
  /** Where the node's procfs is mounted, `/proc` or `/host/proc`. */
  readonly procRoot: string
  /** What the node is called; the default is its host name, which in a container is not the node's. */
  readonly nodeName: string | undefined
}

/**
 * Makes the source of facts about the machine. Names of interfaces come from /proc/self/net/dev, which lists also
 * those without an address; both they and the addresses are those of our own network namespace, and the scan drops
 * them where that is not the node's.
 */
export function createHostSource({ procRoot, nodeName }: HostOptions): NodeSource {
  let system: Promise<Pick<Node, 'os' | 'kernel' | 'architecture'>> | undefined
  return {
    read: async () => {
      system ??= readSystem(procRoot)
      const [facts, bootId, names, cgroups] = await Promise.all([
        system,
        readFile(`${procRoot}/sys/kernel/random/boot_id`, 'utf8'),
        readFile(`${procRoot}/self/net/dev`, 'utf8'),
        readFile(`${procRoot}/self/mounts`, 'utf8'),
      ])
      const node = {
        name: nodeName ?? hostname(),
        bootId: bootId.trim(),
        ...facts,
        cgroups: parseCgroupMode(cgroups),
        uid: process.getuid?.() ?? 0,
        interfaces: withAddresses(parseInterfaceNames(names)),
      }
      return { node, gaps: [] }
    },
  }
}

/** Lists the interfaces in the text of /proc/net/dev, proc_net(5). */
export function parseInterfaceNames(text: string): string[] {
  return text.split('\n').flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? [])
}

/** Tells which cgroup versions are mounted, from the text of /proc/mounts. */
export function parseCgroupMode(mounts: string): Node['cgroups'] {
  const types = new Set(mounts.split('\n').map((line) => line.split(' ')[2]))
  if (types.has('cgroup')) return types.has('cgroup2') ? 'hybrid' : 'v1'
  return types.has('cgroup2') ? 'v2' : 'unknown'
}

/** Reads what does not change while we run; systeminformation asks several programs for it, so once. */
async function readSystem(procRoot: string): Promise<Pick<Node, 'os' | 'kernel' | 'architecture'>> {
  // As its default: a bundle gives a CommonJS module loaded late no named exports.
  const { default: system } = await import('systeminformation')
  const { distro, release, kernel, arch } = await system.osInfo()
  return { os: (await readNodeOs(procRoot)) ?? `${distro} ${release}`.trim(), kernel, architecture: arch }
}

/** The node's own os-release(5), through a root that lies outside our image; null where none is open to us. */
async function readNodeOs(procRoot: string): Promise<string | null> {
  const path = [1, 2].map((pid) => `${procRoot}/${pid}/root/etc/os-release`).find((file) => existsSync(file))
  return path === undefined ? null : parsePrettyName(await readFile(path, 'utf8'))
}

/** Gives PRETTY_NAME of os-release(5), without its quotes; null when it has none. */
export function parsePrettyName(text: string): string | null {
  const { quoted, bare } = /^PRETTY_NAME=(?:(["'])(?<quoted>.*)\1|(?<bare>.*))$/m.exec(text)?.groups ?? {}
  return quoted || bare || null
}

/** Asks the kernel once for all: with many containers a node has hundreds of interfaces. */
function withAddresses(names: readonly string[]): NetworkInterface[] {
  const addressesByName = networkInterfaces()
  return names.map((name) => {
    const addresses = (addressesByName[name] ?? []).map(({ family, address }) => ({
      family: family === 'IPv4' ? ('ipv4' as const) : ('ipv6' as const),
      address,
    }))
    return { name, addresses }
  })
}
