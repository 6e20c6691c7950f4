import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { isInstalled } from '../test/helpers/commands.ts'
import { answersPing, type Docker, dockerOn } from '../test/helpers/docker-command.ts'
import { removeLeftovers } from '../test/helpers/docker-leftovers.ts'
import { startPrivateDockerd, whyNoDockerd } from '../test/helpers/dockerd.ts'
import { isAlive } from './demo-containers.ts'

const USUAL_SOCKET = '/var/run/docker.sock'
const PRIVATE_ROOT = '/run/nsentinel-demo'
const OWNER_FILE = `${PRIVATE_ROOT}.owner`

/** The Docker on which the demo's containers run. */
export interface DemoDocker {
  readonly docker: Docker
  readonly socketPath: string
  readonly isPrivate: boolean
  /** Ends a private daemon; does nothing to the machine's. */
  stop(): Promise<void>
}

/**
 * Finds the machine's Docker, by DOCKER_HOST or at the usual socket. Where there is none and this is root, it starts
 * one on the usual socket, for there a running `nsentinel start` looks; it ends with the demo.
 *
 * @throws Error that says why there is no Docker to be had
 */
export async function findDocker(dockerHost: string | undefined, owner: string): Promise<DemoDocker> {
  const socketPath = parseSocket(dockerHost)
  if (!isInstalled('docker')) throw new Error('the demo needs the docker command, which is not installed')
  await removeKilledDaemon()
  if (await answersPing(socketPath)) {
    return { docker: dockerOn(socketPath), socketPath, isPrivate: false, stop: async () => undefined }
  }
  const why = whyNotPrivate(socketPath, dockerHost)
  if (why !== null) throw new Error(`no Docker answers at ${socketPath}${why}`)
  writeFileSync(OWNER_FILE, owner)
  const dockerd = await startPrivateDockerd({ root: PRIVATE_ROOT, socketPath, bridge: true })
  const stop = async () => {
    await dockerd.stop()
    await rm(OWNER_FILE)
  }
  return { docker: dockerd.docker, socketPath, isPrivate: true, stop }
}

function parseSocket(dockerHost: string | undefined): string {
  if (!dockerHost) return USUAL_SOCKET
  const path = /^unix:\/\/(?<path>\/.+)$/.exec(dockerHost)?.groups?.['path']
  if (path === undefined)
    throw new Error(`DOCKER_HOST=${dockerHost} is no unix socket: the demo must run on this machine`)
  return path
}

function whyNotPrivate(socketPath: string, dockerHost: string | undefined): string | null {
  if (dockerHost) return ', where DOCKER_HOST says it is'
  if (existsSync(socketPath) && !isWritable(socketPath))
    return ' for this user: run the demo as root or in group docker'
  if (existsSync(socketPath)) return ', although the socket is there: start Docker'
  const why = whyNoDockerd()
  return why === false ? null : `: start Docker (the demo cannot start its own: ${why})`
}

/** Ends the private daemon of a demo that was killed and takes its socket away. */
async function removeKilledDaemon(): Promise<void> {
  if (!existsSync(OWNER_FILE) || isAlive(readFileSync(OWNER_FILE, 'utf8'))) return
  await removeLeftovers(PRIVATE_ROOT)
  if (!(await answersPing(USUAL_SOCKET))) await rm(USUAL_SOCKET, { force: true })
  await rm(OWNER_FILE)
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
