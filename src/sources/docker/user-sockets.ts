import { existsSync } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Gap } from '../../model/gap.ts'
import type { RuntimeSource } from '../source.ts'
import { createDockerSource } from './docker.ts'

/** Where systemd-logind keeps a folder of each user's own, `/run/user/UID`. */
const USERS = '/run/user'
const SOCKET = 'podman/podman.sock'

/** So many users are asked, and each so patiently: what they say is worth little, and any of them may make us wait. */
const USERS_MAX = 64
const TIMEOUT_MS = 2000
const MAX_ANSWER_BYTES = 4 << 20

/** How often users are looked for, and how soon after each other changes are told. */
const WATCH_MS = 1000

/**
 * Lists the containers of every user's own podman, as they come and go with their sessions.
 *
 * @param timeoutMs how long one request may take, in milliseconds
 */
export function createUserPodmanSource(root: string = USERS, timeoutMs: number = TIMEOUT_MS): RuntimeSource {
  const sources = new Map<string, RuntimeSource>()
  const sourceOf = (uid: string) => {
    const known = sources.get(uid) ?? openSource(join(root, uid, SOCKET), uid, timeoutMs)
    sources.set(uid, known)
    return known
  }
  const refresh = async () => {
    const uids = await listUids(root)
    for (const uid of sources.keys()) if (!uids.includes(uid)) sources.delete(uid)
    return { uids: uids.slice(0, USERS_MAX), total: uids.length }
  }

  return {
    name: 'podman',
    async list(signal) {
      const { uids, total } = await refresh()
      const reports = await Promise.all(uids.map((uid) => sourceOf(uid).list(signal)))
      const cut: Gap[] = total > USERS_MAX ? [tooMany(root, total)] : []
      return {
        containers: reports.flatMap(({ containers }) => containers),
        gaps: [...cut, ...reports.flatMap(({ gaps }) => gaps).map(harmless)],
      }
    },
    watch: (onChange, signal) => followUsers(async () => (await refresh()).uids.map(sourceOf), onChange, signal),
  }
}

/** Follows those who are there, and passes on one change at a time: else a user could keep us looking without a pause. */
async function followUsers(
  list: () => Promise<readonly RuntimeSource[]>,
  onChange: (cause: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const followed = new Map<RuntimeSource, AbortController>()
  let cause: string | null = null
  const note = (latest: string) => {
    cause = latest
  }
  while (!signal.aborted) {
    const present = await list()
    for (const [source, ending] of followed) {
      if (present.includes(source)) continue
      ending.abort()
      followed.delete(source)
    }
    for (const source of present.filter((found) => !followed.has(found))) {
      const ending = new AbortController()
      followed.set(source, ending)
      void source.watch?.(note, AbortSignal.any([signal, ending.signal]))
    }
    if (cause !== null) onChange(cause)
    cause = null
    await delay(WATCH_MS, undefined, { signal }).catch(() => undefined)
  }
}

function openSource(socketPath: string, uid: string, timeoutMs: number): RuntimeSource {
  const limits = { timeoutMs, maxBytes: MAX_ANSWER_BYTES }
  return createDockerSource({ socketPath, name: 'podman', user: Number(uid), ...limits })
}

/** A link would have us talk to a socket that is not the user's own, such as one that only root may use. */
async function listUids(root: string): Promise<string[]> {
  // Without systemd-logind there is no such folder; any other failure is the runner's gap.
  const names = existsSync(root) ? await readdir(root) : []
  const uids = names.filter((name) => /^[1-9]\d{0,9}$/.test(name))
  const isThere = await Promise.all(uids.map((uid) => isOwnSocket(join(root, uid, SOCKET), Number(uid))))
  return uids.filter((_, index) => isThere[index])
}

/** Who is not root sees no other user's folder. */
async function isOwnSocket(path: string, uid: number): Promise<boolean> {
  const [stat, real] = await Promise.all([lstat(path), realpath(path)]).catch(() => [null, null])
  return stat?.isSocket() === true && stat.uid === uid && real === path
}

/** What a user's runtime does not tell clouds nothing: else any user could keep the node's findings from being settled. */
function harmless(gap: Gap): Gap {
  return { ...gap, affects: [] }
}

function tooMany(root: string, total: number): Gap {
  const detail = `${total} users have a podman of their own: ${USERS_MAX} were asked`
  return { source: 'podman', subject: root, reason: 'too-large', affects: [], detail }
}
