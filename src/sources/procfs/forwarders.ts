import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import type { Forwarder } from '../../model/forwarder.ts'
import type { Protocol } from '../../model/port.ts'
import type { TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { type Reader, visit } from './visit.ts'

/** Published ports have one process each; the one that was asked for longest ago goes. */
const KEPT_MAX = 4096

const ID = /^[0-9a-f]{64}$/
const ADDRESS = /^[0-9A-Fa-f.:]{2,45}$/

/** What forwards for users' own containers, by the name of its program. */
const ROOTLESS = /^(?:rootlessport|containers-rootlessport|rootlesskit|slirp4netns|pas(?:ta|st)(?:\.avx2)?)$/

/** Tells what processes of the host's do with ports that they hold for containers, once for each while it lives. */
export class Forwarders {
  readonly #reader: Reader
  readonly #kept = new Map<string, Forwarder>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** Gives null where the process forwards nothing, is gone, or is closed to us. */
  read(task: TaskId): Forwarder | null {
    const read = attempt(() =>
      visit(this.#reader, task, (directory, { comm }) => {
        const key = `${task.pid}/${task.startTime}/${comm}`
        const found =
          this.#kept.get(key) ?? parseForwarder(readlinkSync('../exe'), this.#reader.readFile(`${directory}/cmdline`))
        return found === null ? null : { key, found }
      }),
    )
    if (read === null || isFailure(read)) return null
    const { key, found } = read
    this.#kept.delete(key)
    this.#kept.set(key, found)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
    return found
  }
}

/**
 * Tells from a program's path and its argv, NUL after each argument as in /proc/PID/cmdline, what it forwards. The
 * path is the kernel's word, argv the process's own: who believes it looks at where the process is.
 */
export function parseForwarder(exe: string, cmdline: string): Forwarder | null {
  const program = basename(exe.replace(/ \(deleted\)$/, ''))
  const argv = cmdline.split('\0')
  if (program === 'docker-proxy') return parseProxy(argv)
  if (program === 'conmon') {
    const containerId = argumentOf(argv, '-c') ?? argumentOf(argv, '--cid') ?? ''
    return ID.test(containerId) ? { kind: 'conmon', containerId } : null
  }
  if (program === 'dockerd') return { kind: 'dockerd' }
  // Older ones are podman itself under another name.
  const isRootless = ROOTLESS.test(program) || (program === 'podman' && ROOTLESS.test(basename(argv[0] ?? '')))
  return isRootless ? { kind: 'rootless' } : null
}

function parseProxy(argv: readonly string[]): Forwarder | null {
  const protocol = argumentOf(argv, '-proto')
  const hostAddress = argumentOf(argv, '-host-ip') ?? ''
  const containerAddress = argumentOf(argv, '-container-ip') ?? ''
  const hostPort = parsePort(argumentOf(argv, '-host-port'))
  const containerPort = parsePort(argumentOf(argv, '-container-port'))
  if (!isProtocol(protocol) || hostPort === null || containerPort === null) return null
  if (!ADDRESS.test(hostAddress) || !ADDRESS.test(containerAddress)) return null
  return { kind: 'docker-proxy', protocol, hostAddress, hostPort, containerAddress, containerPort }
}

function argumentOf(argv: readonly string[], name: string): string | undefined {
  const at = argv.indexOf(name)
  return at === -1 ? undefined : argv[at + 1]
}

function parsePort(text: string | undefined): number | null {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  return port > 0 && port <= 65_535 ? port : null
}

function isProtocol(text: string | undefined): text is Protocol {
  return text === 'tcp' || text === 'udp' || text === 'sctp'
}
