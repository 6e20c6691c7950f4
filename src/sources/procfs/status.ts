import type { Privileges } from '../../model/container.ts'

const SECCOMP = ['disabled', 'strict', 'filter'] as const

/**
 * Parses the rights out of /proc/PID/status, proc_pid_status(5).
 *
 * @throws {SyntaxError} when a field is missing
 */
export function parseStatus(text: string): Omit<Privileges, 'lsm'> {
  const seccomp = SECCOMP[Number(/^Seccomp:\t(\d)$/m.exec(text)?.[1] ?? Number.NaN)]
  return {
    uid: Number(field(text, 'Uid', /^Uid:\t\d+\t(\d+)/m)),
    effectiveCapabilities: field(text, 'CapEff', /^CapEff:\t([0-9a-f]{16})$/m),
    // A kernel without CONFIG_SECCOMP has no such line.
    seccomp: seccomp ?? 'unknown',
    noNewPrivs: field(text, 'NoNewPrivs', /^NoNewPrivs:\t([01])$/m) === '1',
  }
}

/**
 * Gives what uid 0 inside is outside, from /proc/PID/uid_map, user_namespaces(7); null when 0 is not mapped.
 *
 * @throws {SyntaxError} when the text is not a map
 */
export function parseRootMapping(text: string): number | null {
  for (const line of text.split('\n').filter((row) => row.trim() !== '')) {
    const [inside, outside, length] = line.trim().split(/\s+/).map(Number)
    if (outside === undefined || ![inside, outside, length].every(Number.isSafeInteger)) {
      throw new SyntaxError(`not a line of uid_map: ${line}`)
    }
    if (inside === 0) return outside
  }
  return null
}

function field(text: string, name: string, pattern: RegExp): string {
  const value = pattern.exec(text)?.[1]
  if (value === undefined) throw new SyntaxError(`no ${name} in /proc/PID/status`)
  return value
}
