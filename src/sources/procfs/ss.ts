import { spawnSync } from 'node:child_process'
import type { GapReason } from '../../model/gap.ts'
import type { Failure } from './attempt.ts'

const TIMEOUT_MS = 2000
const OUTPUT_MAX_BYTES = 16 << 20

/** Where the tools of a node are: what a service is given for PATH may lack some. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const SS = ['ss', '--no-header', '--numeric', '--listening', '--ipv6', '--tcp', '--udp', '--extended', '--oneline']

const REASONS: Readonly<Record<string, GapReason>> = {
  ENOENT: 'missing',
  EACCES: 'denied',
  EPERM: 'denied',
  ETIMEDOUT: 'timeout',
  ENOBUFS: 'too-large',
}

/** What env(1) and nsenter(1) end with where there is no such program. */
const NOT_FOUND = 127

/**
 * Runs ss(8) for the listeners of IPv6, in the net namespace of a file or in our own, and gives what it prints.
 *
 * @param netFile such as /proc/PID/ns/net; null for our own
 */
export function runSs(netFile: string | null): string | Failure {
  const [command = '', ...args] = netFile === null ? SS : ['nsenter', `--net=${netFile}`, ...SS]
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: OUTPUT_MAX_BYTES,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, LC_ALL: 'C' },
  })
  if (error !== undefined) return { failed: reasonOf(error), detail: error.message }
  if (status === 0) return stdout
  return { failed: status === NOT_FOUND ? 'missing' : 'denied', detail: `${command}: ${stderr.slice(0, 256).trim()}` }
}

/**
 * Lists by inode whether IPV6_V6ONLY is set, from what `ss --extended` prints. Of words alike, the first inode and the last
 * flag are its own: a cgroup's name stands in between, and is somebody's choice.
 */
export function parseV6Only(text: string): ReadonlyMap<number, boolean> {
  return new Map(
    text.split('\n').flatMap((line): [number, boolean][] => {
      const [, inode, only] = /^.*? ino:(\d+) .* v6only:([01])(?: |$)/.exec(line) ?? []
      return inode === undefined ? [] : [[Number(inode), only === '1']]
    }),
  )
}

function reasonOf(error: Error): GapReason {
  return ('code' in error ? REASONS[String(error.code)] : undefined) ?? 'unsupported'
}
