/** A row of a socket with an abstract name: the kernel shows the NUL before it, and any in it, as `@`. */
const ROW =
  /^[0-9a-f]+: [0-9A-F]{8} [0-9A-F]{8} (?<flags>[0-9A-F]{8}) (?<type>[0-9A-F]{4}) [0-9A-F]{2} +\d+ @(?<name>.*)$/s

/** __SO_ACCEPTCON of include/uapi/linux/net.h: it listens. */
const LISTENS = 0x10000

const DATAGRAM = 2

/** What the kernel names a client that asks for any name, unix(7): nobody connects to those. */
const AUTOBOUND = /^[0-9a-f]{5}$/

/** A UUID, a run of hex digits, or a run of digits: made up where there is a digit in it. */
const MADE_UP = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{6,}|\d{3,}/gi

/**
 * Lists the abstract names that somebody can connect or send to, from the lines of /proc/PID/net/unix, unix(7). A name
 * is its owner's choice: one with a newline can add rows, of no other use than to mislead about names, and what it
 * leaves behind of its own is no row and passed over.
 *
 * @throws {SyntaxError} when the first line is not the table's head
 */
export function parseAbstractNames(lines: Iterable<string>): string[] {
  const names: string[] = []
  let isHead = true
  for (const line of lines) {
    if (isHead && !line.startsWith('Num ')) throw new SyntaxError('not a table of /proc/PID/net/unix')
    const name = isHead ? null : reachableName(line)
    if (name !== null) names.push(name)
    isHead = false
  }
  if (isHead) throw new SyntaxError('an empty table of /proc/PID/net/unix')
  return names
}

/** Makes one of names that differ only in what each start makes up: `/containerd-shim/3b1f….sock` and its like. */
export function patternOf(name: string): string {
  return name.replace(MADE_UP, (run) => (/\d/.test(run) ? '*' : run))
}

function reachableName(line: string): string | null {
  const { flags, type, name } = ROW.exec(line)?.groups ?? {}
  if (flags === undefined || type === undefined || name === undefined) return null
  const isOpen = (Number.parseInt(flags, 16) & LISTENS) !== 0 || Number.parseInt(type, 16) === DATAGRAM
  // Many programs give the whole of sun_path for a name, NULs and all.
  const trimmed = name.replace(/@+$/, '')
  return isOpen && trimmed !== '' && !AUTOBOUND.test(trimmed) ? trimmed : null
}
