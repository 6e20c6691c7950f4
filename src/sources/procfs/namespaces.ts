import { lstatSync, readlinkSync, statSync } from 'node:fs'
import { NAMESPACE_KINDS, type NamespaceInodes, type NamespaceKind } from '../../model/namespace.ts'

/**
 * Lists the kinds that this kernel has: `time` came with Linux 5.6, `cgroup` with 4.6. It asks for each by name: a
 * program with file capabilities, capabilities(7), may not list its own directory.
 *
 * @throws {Error} with the code `ENOENT` when this is no procfs
 */
export function listKinds(procRoot: string): readonly NamespaceKind[] {
  const directory = `${procRoot}/self/ns`
  statSync(directory)
  return NAMESPACE_KINDS.filter((kind) => lstatSync(`${directory}/${kind}`, { throwIfNoEntry: false }) !== undefined)
}

/**
 * Reads the namespace inodes of one task from its `ns` links, synchronously: the thread pool costs several times
 * more here.
 *
 * @param prefix what stands before a link's name: the `ns` directory with its slash, or nothing from inside it
 * @param known the inodes of other kinds, which are given back as they are
 * @throws {Error} with the code of readlink(2), such as `EACCES` where ptrace(2) access is refused
 */
export function readNamespaces(
  prefix: string,
  kinds: readonly NamespaceKind[],
  known: NamespaceInodes = {},
): NamespaceInodes {
  const inodes: Partial<Record<NamespaceKind, number>> = { ...known }
  for (const kind of kinds) inodes[kind] = parseLink(kind, readlinkSync(`${prefix}${kind}`))
  return inodes
}

/**
 * Parses a namespace link's target, such as `net:[4026531840]`; without a pattern, since a scan parses thousands.
 *
 * @throws {SyntaxError} when it is not a link of that kind
 */
export function parseLink(kind: NamespaceKind, target: string): number {
  const inode = Number(target.slice(kind.length + 2, -1))
  const isLink = target.startsWith(kind) && target.startsWith(':[', kind.length) && target.endsWith(']')
  if (isLink && Number.isSafeInteger(inode) && inode > 0) return inode
  throw new SyntaxError(`not a ${kind} namespace link: ${target}`)
}
