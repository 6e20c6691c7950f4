import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { layOutBusybox } from './busybox.ts'
import { PATH } from './commands.ts'

const PING_MS = 2000

/** Runs the docker command against one daemon and gives its stdout, trimmed. */
export type Docker = (...args: readonly string[]) => Promise<string>

/** Gives the docker command of the daemon on this socket, whatever DOCKER_HOST or the user's context say. */
export function dockerOn(socketPath: string): Docker {
  return async (...args) => {
    const { stdout } = await execa('docker', ['--host', `unix://${socketPath}`, ...args], {
      env: { PATH, DOCKER_BUILDKIT: '0' },
    })
    return stdout.trim()
  }
}

/** Tells whether a Docker daemon answers on this socket. */
export function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    request({ socketPath, path: '/_ping', signal: AbortSignal.timeout(PING_MS) }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .on('error', () => resolve(false))
      .end()
  })
}

/** Makes an image of the machine's static busybox; its default command sleeps. */
export async function importBusybox(docker: Docker, image: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-image-'))
  try {
    await layOutBusybox(join(folder, 'root'))
    await execa('tar', ['--create', '--file', join(folder, 'tar'), '--directory', join(folder, 'root'), '.'])
    await docker('import', '--change', 'CMD ["sleep", "2147483647"]', join(folder, 'tar'), image)
  } finally {
    await rm(folder, { recursive: true })
  }
}
