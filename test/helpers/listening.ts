import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import type { Test } from 'tap'
import { listNetSpaces, listSuspects } from '../../src/agent/net-spaces.ts'
import type { ListenerReport, ListenerSource, ListeningSocket } from '../../src/sources/listener-source.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import { baseline } from './builders.ts'
import { isInstalled, PATH } from './commands.ts'
import { whyNoNamespaces } from './namespaces.ts'

/** A process in a net namespace of its own that listens where it is told; it dies with the test. */
export interface Program {
  readonly pid: number
  /** Its net namespace. */
  readonly inode: number
  /** Runs words of JavaScript in it, with `tcp`, `udp`, `close` and `give` as PROGRAM has them; gives what they return. */
  run(words: string): Promise<unknown>
  /** Ends it now, and waits until it is reaped. */
  end(): Promise<void>
}

/** Says why no program can listen in a net namespace of its own, or false when it can. */
export function whyNoListening(): string | false {
  return whyNoNamespaces() || (!isInstalled('ip') && 'not installed: ip')
}

const PROGRAM = `
const { createServer, connect } = require('node:net')
const { createSocket } = require('node:dgram')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const open = new Map()
const tcp = (name, options) => open.set(name, createServer().listen(options)) && once(open.get(name), 'listening')
const udp = (name, type, options) => open.set(name, createSocket(type).bind(options)) && once(open.get(name), 'listening')
const close = (name) => open.get(name).close() && once(open.get(name), 'close')
/** Starts another process that inherits a server's descriptor, after these words, such as unshare's. */
const give = async (name, ...before) => {
  const [command, ...args] = [...before, 'sh', '-c', 'echo ready; read forever']
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit', open.get(name)._handle.fd] })
  await once(child.stdout, 'data')
  return child.pid
}
const run = (words) => eval('(async () => {' + words + '})()')
process.on('message', (words) => run(words).then((value) => process.send({ value }), (error) => process.send({ error: String(error) })))
process.on('disconnect', () => process.exit())
process.send({})
`

const IN_ITS_OWN = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']

/** Starts such a process, and runs its first words; run by the words of another program, or none for our own net namespace. */
export async function startProgram(t: Test, words: string, before: readonly string[] = IN_ITS_OWN): Promise<Program> {
  const [command = '', ...args] = [...before, process.execPath, '-e', PROGRAM]
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH },
  })
  const ended = once(child, 'exit')
  const end = async () => {
    child.kill('SIGKILL')
    await ended
  }
  t.teardown(end)
  const answered = async (): Promise<unknown> => {
    const [answer] = await Promise.race([once(child, 'message'), ended])
    if (typeof answer === 'object' && answer !== null && !('error' in answer)) return answer.value
    throw new Error(`the program that listens failed: ${JSON.stringify(answer)}`)
  }
  const run = async (more: string) => {
    child.send(more)
    return await answered()
  }
  await answered()
  await run(words)
  const { pid = 0 } = child
  return { pid, inode: netOf(pid), run, end }
}

/** The inode of a process's net namespace. */
export function netOf(pid: number): number {
  return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0])
}

/** Looks at these programs' net namespaces as a scan does, the first one's as the host's. */
export function lookAt(source: ListenerSource, ...programs: readonly { readonly inode: number }[]): ListenerReport {
  const report = new Procfs('/proc').read()
  const { processes } = report
  const inodes = programs.map(({ inode }) => inode)
  const context = { report, processes, drafts: [], baseline: baseline({ node: {} }) }
  const spaces = listNetSpaces(context).filter(({ inode }) => inodes.includes(inode))
  const hostFirst = spaces.map((space) => ({ ...space, isHost: space.inode === inodes[0] }))
  return source.read(
    hostFirst.toSorted((a, b) => inodes.indexOf(a.inode) - inodes.indexOf(b.inode)),
    listSuspects(context),
    report.self.net,
  )
}

/** A listener as `tcp 127.0.0.1:80 ipv4`, in an order of its own. */
export function wordsOf(sockets: readonly ListeningSocket[]): string[] {
  return sockets
    .map(({ protocol, address, port, family, mapped }) => {
      return `${protocol} ${address} ${port} ${family}${mapped === true ? ' mapped' : ''}`
    })
    .toSorted()
}
