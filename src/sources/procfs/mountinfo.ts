/** One mount as a task sees it. */
export interface Mount {
  readonly id: number
  /** The id of the mount that it is mounted on; that one may be out of the task's sight. */
  readonly parent: number
  /** `major:minor` of the file system: equal for every mount of it. */
  readonly device: string
  /** Which of the file system's directories (or files) is mounted: `/` is all of it. */
  readonly root: string
  /** Where, from the task's own root. */
  readonly mountPoint: string
  readonly readOnly: boolean
  readonly type: string
}

/** Fields counted from 0; after these come optional ones, of any number, up to a lone dash. */
const FIRST_OPTIONAL = 6

/**
 * Parses /proc/PID/mountinfo, proc_pid_mountinfo(5), whose paths write space, tab, newline and backslash in octal.
 *
 * @throws {SyntaxError} when a line is none of such a file
 */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [parseMount(line)]))
}

function parseMount(line: string): Mount {
  const fields = line.split(' ')
  const [id, parent, device, root, mountPoint, options] = fields
  const dash = fields.indexOf('-', FIRST_OPTIONAL)
  const type = dash < 0 ? undefined : fields[dash + 1]
  const numbers = [id, parent].map(Number)
  const [mountId, parentId] = numbers
  if (mountId === undefined || parentId === undefined || !numbers.every(Number.isSafeInteger)) throw malformed(line)
  if (device === undefined || !/^\d+:\d+$/.test(device) || root === undefined) throw malformed(line)
  if (!mountPoint?.startsWith('/') || options === undefined || type === undefined) throw malformed(line)
  return {
    id: mountId,
    parent: parentId,
    device,
    root: unescaped(root),
    mountPoint: unescaped(mountPoint),
    readOnly: hasOption(options, 'ro') || hasOption(fields.at(-1) ?? '', 'ro'),
    type: unescaped(type),
  }
}

/** Only ASCII is written so: a name in another script stands there as it is. */
function unescaped(path: string): string {
  return path.replace(/\\(?<octal>[0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

function hasOption(options: string, wanted: string): boolean {
  return options.split(',').includes(wanted)
}

function malformed(line: string): SyntaxError {
  return new SyntaxError(`not a line of mountinfo: ${line.slice(0, 200)}`)
}
