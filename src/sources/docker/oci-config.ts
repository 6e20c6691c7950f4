import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import * as z from 'zod'

const MAX_BYTES = 1 << 20

/** The namespaces of an OCI runtime specification, of which only the type is needed. */
const config = z.object({ linux: z.object({ namespaces: z.array(z.object({ type: z.string() })).max(64) }) })

/**
 * Tells from the specification that podman gave its OCI runtime whether a container was to have the host's ipc
 * namespace; null where the file cannot be read, as in a container without the host's files. The path is the runtime's
 * word, so only a regular file where podman keeps that container's is read.
 */
export async function readSharesIpc(path: string, id: string): Promise<boolean | null> {
  if (!path.endsWith(`-containers/${id}/userdata/config.json`)) return null
  return await readBounded(path)
    .then((text) => !config.parse(JSON.parse(text)).linux.namespaces.some(({ type }) => type === 'ipc'))
    .catch(() => null)
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const read = async () => {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > MAX_BYTES) throw new RangeError(`no specification: ${path}`)
    return await file.readFile('utf8')
  }
  return await read().finally(() => file.close())
}
