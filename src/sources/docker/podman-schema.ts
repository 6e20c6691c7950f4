import { basename } from 'node:path'
import * as z from 'zod'

/**
 * What podman's own API answers (libpod 4.0 and later), cut down to what Docker's API has no field for or tells wrongly.
 * Everything else is kept as it came, for the schema of Docker's answers.
 */
const text = z.string().max(4096)

const row = z.looseObject({ State: text.nullish(), Names: z.array(text).nullish() })

const inspected = z.looseObject({
  Name: text,
  OCIRuntime: text.nullish(),
  OCIConfigPath: text.nullish(),
  HostConfig: z.looseObject({
    NetworkMode: text.nullish(),
    IpcMode: text.nullish(),
    CgroupMode: text.nullish(),
  }),
})

const version = z.object({ Version: text.nullish() })

export type PodmanInspected = z.infer<typeof inspected>

/** The states of a podman container that has no process; any other, such as `stopping`, may have one. */
const ENDED = ['created', 'configured', 'initialized', 'exited', 'stopped', 'removing']

/** Makes Docker's rows of podman's: the live ones, with slashes before their names. @throws ZodError for what is no list */
export function parsePodmanList(answer: unknown): unknown[] {
  return z
    .array(z.unknown())
    .parse(answer)
    .flatMap((found) => {
      const { data } = row.safeParse(found)
      if (data === undefined) return [found]
      if (ENDED.includes(data.State ?? '')) return []
      return [{ ...data, Names: data.Names?.map((name) => `/${name}`) }]
    })
}

/** Parses what an inspection adds to Docker's. @throws ZodError */
export function parsePodmanInspected(answer: unknown): PodmanInspected {
  return inspected.parse(answer)
}

/** Makes Docker's inspection of podman's, with the ipc mode as it was found out. */
export function toDockerInspected(answer: PodmanInspected, ipcMode: string): unknown {
  const { OCIRuntime, HostConfig } = answer
  // In another container's network podman tells that one's ports once more.
  const isGuest = HostConfig.NetworkMode?.startsWith('container:') === true
  return {
    ...answer,
    ...(isGuest && { NetworkSettings: null }),
    HostConfig: {
      ...HostConfig,
      IpcMode: ipcMode,
      CgroupnsMode: HostConfig.CgroupMode,
      Runtime: basename(OCIRuntime ?? ''),
    },
  }
}

/**
 * Tells whether `shareable` may mean the host's: every podman before 4.5 answers it for `--ipc host` too (podman issue
 * 17189). @throws ZodError
 */
export function parseConfusesIpc(answer: unknown): boolean {
  const [major = 0, minor = 0] = (version.parse(answer).Version ?? '').split('.').map(Number)
  return !(major > 4 || (major === 4 && minor >= 5))
}
