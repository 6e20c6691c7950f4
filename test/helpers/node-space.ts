import { once } from 'node:events'
import { execa } from 'execa'
import type { Test } from 'tap'

/** The node's addresses, and the one of who is outside of it: RFC 5737 and 3849, routed nowhere. */
export const NODE_IPV4 = '198.51.100.2'
export const NODE_IPV6 = '2001:db8::2'

const OUTSIDE = ['198.51.100.1/24', '2001:db8::1/64']
const INSIDE = [`${NODE_IPV4}/24`, `${NODE_IPV6}/64`]

/** A node of our own: net, pid and mnt namespaces in which rules, links and mounts are nobody else's. */
export interface NodeSpace {
  /** Its init, as we number it. */
  readonly pid: number
  /** Puts a command into it. */
  readonly enter: readonly string[]
  /** Puts a command into another net namespace, from which the node is reached by its addresses. */
  readonly outside: readonly string[]
}

/** Starts a node that ends with the test, and whatever runs in it. */
export async function startNodeSpace(t: Test): Promise<NodeSpace> {
  const init = await startInit(t, ['--net', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc'])
  const client = await startInit(t, ['--net'])
  const enter = ['nsenter', '--target', `${init}`, '--net', '--pid', '--mount']
  const outside = ['nsenter', '--target', `${client}`, '--net']
  await link(init, client)
  await configure(['nsenter', '--target', `${init}`, '--net'], 'node0', INSIDE)
  await configure(outside, 'far0', OUTSIDE)
  return { pid: init, enter, outside }
}

/** Lets a node pass packets on to containers, as an engine or an admin does. */
export async function forward({ pid }: NodeSpace): Promise<void> {
  await execa('nsenter', ['--target', `${pid}`, '--net', 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
}

/** Gives the pid of a process that sleeps in new namespaces; where it is a pid namespace's init, all in it end with it. */
async function startInit(t: Test, flags: readonly string[]): Promise<number> {
  const child = execa('unshare', [...flags, 'sh', '-c', 'echo ready; exec sleep 2147483647'], { reject: false })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await child
  })
  await once(child.stdout, 'data')
  if (child.pid === undefined) throw new Error('unshare(1) did not start')
  if (!flags.includes('--fork')) return child.pid
  const { stdout } = await execa('cat', [`/proc/${child.pid}/task/${child.pid}/children`])
  return Number(stdout.trim())
}

async function link(init: number, client: number): Promise<void> {
  const inside = ['--target', `${init}`, '--net', 'ip', 'link', 'add', 'node0', 'type', 'veth']
  await execa('nsenter', [...inside, 'peer', 'name', 'far0', 'netns', `${client}`])
}

async function configure(enter: readonly string[], device: string, addresses: readonly string[]): Promise<void> {
  const [command = '', ...args] = enter
  const ip = (...words: readonly string[]) => execa(command, [...args, 'ip', ...words])
  await ip('link', 'set', 'lo', 'up')
  for (const address of addresses) {
    const nodad = address.includes(':') ? ['nodad'] : []
    await ip('address', 'add', address, 'dev', device, ...nodad)
  }
  await ip('link', 'set', device, 'up')
}
