import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'
import { BUSYBOX_BINARY, layOutBusybox } from './busybox.ts'
import { isInstalled, PATH } from './commands.ts'
import { answersPing } from './docker-command.ts'
import { persist } from './persisting.ts'
import { until } from './until.ts'

const IMAGE = 'localhost/busybox:1'

/** Nobody's, and so are the subordinate ones. */
const USER = 47_110
const SUBORDINATES = 2_047_110_000

/** A podman of a user who is not root. */
export interface RootlessPodman {
  readonly user: number
  /** What stands for /run/user: the socket is in the user's own folder, where podman puts it. */
  readonly users: string
  readonly socketPath: string
  /** `podman run --detach`, of a container that sleeps; gives its full id. */
  run(...args: readonly string[]): Promise<string>
  pidOf(id: string): Promise<number>
  remove(...ids: readonly string[]): Promise<void>
}

/** Says why no user's podman can run here, or false when one can. */
export function whyNoRootlessPodman(): string | false {
  if (process.getuid?.() !== 0) return 'being another user needs root'
  const needed = ['podman', 'conmon', 'runc', 'catatonit', 'setpriv', 'unshare', 'newuidmap', BUSYBOX_BINARY]
  const missing = needed.filter((command) => !isInstalled(command))
  return missing.length > 0 && `not installed: ${missing.join(', ')}`
}

/**
 * Starts `podman system service` of a user whom only a mount namespace of the test's knows, whose only image is busybox;
 * it ends with the test. Skip with `whyNoRootlessPodman()`.
 */
export async function startRootlessPodman(t: Test): Promise<RootlessPodman> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  const users = join(root, 'user')
  const runtime = join(users, String(USER))
  const socketPath = join(runtime, 'podman/podman.sock')
  const before = await layOutUser(root, runtime)
  const env = { PATH, HOME: join(root, 'home'), XDG_RUNTIME_DIR: runtime }
  const podman = async (...args: readonly string[]) => {
    const [command = '', ...rest] = before
    const { stdout } = await execa(command, [...rest, 'podman', ...args], { env, extendEnv: false, cwd: root })
    return stdout.trim()
  }
  t.teardown(async () => {
    await persist(() => podman('rm', '--all', '--force', '--time', '0'))
    process.kill(Number(await readFile(join(runtime, 'libpod/tmp/pause.pid'), 'utf8')), 'SIGKILL')
    await rm(root, { recursive: true })
  })
  await podman('import', '--change', 'CMD ["sleep","2147483647"]', join(root, 'image.tar'), IMAGE)
  const service = spawnService([...before, 'podman', 'system', 'service', '--time', '0', `unix://${socketPath}`], env)
  t.teardown(() => end(service))
  await until(() => answersPing(socketPath))
  return {
    user: USER,
    users,
    socketPath,
    run: (...args) => podman('run', '--detach', ...args, IMAGE),
    pidOf: async (id) => Number(await podman('inspect', '--format', '{{.State.Pid}}', id)),
    remove: (...ids) => persist(() => podman('rm', '--force', '--ignore', '--time', '0', ...ids)),
  }
}

/** Makes the user's folders and image, and gives the words by which a command runs as that user. */
async function layOutUser(root: string, runtime: string): Promise<string[]> {
  const home = join(root, 'home')
  const files = {
    'etc/passwd': `root:x:0:0::/root:/bin/sh\nns:x:${USER}:${USER}::${home}:/bin/sh\n`,
    'etc/group': `root:x:0:\nns:x:${USER}:\n`,
    'etc/subuid': `ns:${SUBORDINATES}:65536\n`,
    'etc/subgid': `ns:${SUBORDINATES}:65536\n`,
    'home/.config/containers/storage.conf': '[storage]\ndriver = "vfs"\n',
    // crun refuses hybrid cgroups, and raising limits needs CAP_SYS_RESOURCE.
    'home/.config/containers/containers.conf':
      '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n' +
      '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n',
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
  await mkdir(join(runtime, 'podman'), { recursive: true })
  await layOutBusybox(join(root, 'rootfs'))
  await execa('tar', ['--create', '--file', join(root, 'image.tar'), '--directory', join(root, 'rootfs'), '.'])
  await chmod(root, 0o755)
  for (const folder of [home, runtime]) await execa('chown', ['--recursive', `${USER}:${USER}`, folder])
  await chown(join(root, 'image.tar'), USER, USER)
  const binds = ['passwd', 'group', 'subuid', 'subgid'].map((name) => `mount --bind ${root}/etc/${name} /etc/${name}`)
  const asUser = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups']
  return ['unshare', '--mount', 'sh', '-c', `${binds.join(' && ')} && exec "$@"`, 'sh', ...asUser]
}

function spawnService([command = '', ...args]: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(command, args, { env, stdio: 'ignore' })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
