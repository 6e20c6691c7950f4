import { chown, link, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createUserPodmanSource } from '../../../src/sources/docker/user-sockets.ts'
import { followCauses } from '../../helpers/causes.ts'
import { type Answer, fakeDocker } from '../../helpers/fake-docker.ts'
import { answerPodman, podmanInspection } from '../../helpers/fake-podman.ts'

const signal = AbortSignal.timeout(30_000)
const USER = 12_345
const skip = process.getuid?.() !== 0 && 'giving files to another user needs root'

/** A folder in place of /run/user. */
async function runUser(t: Test): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  return root
}

/** A user's podman that answers what the test wants. */
async function login(t: Test, root: string, uid: number, answer: Answer, owner = uid) {
  const podman = await fakeDocker(t, answer)
  const folder = join(root, String(uid), 'podman')
  await mkdir(folder, { recursive: true })
  const socket = join(folder, 'podman.sock')
  await link(podman.socketPath, socket)
  await chown(socket, owner, owner)
  return { ...podman, socket }
}

t.test('says nothing where no user has a folder', async (t) => {
  t.strictSame(await createUserPodmanSource('/nowhere').list(signal), { containers: [], gaps: [] })
  t.strictSame(await createUserPodmanSource(await runUser(t)).list(signal), { containers: [], gaps: [] })
})

t.test('tells of every user’s containers, and whose they are', { skip }, async (t) => {
  const root = await runUser(t)
  const source = createUserPodmanSource(root)
  const first = await login(t, root, USER, answerPodman([podmanInspection()]))
  t.match((await source.list(signal)).containers, [
    { name: 'web', runtime: { user: String(USER), socket: first.socket } },
  ])

  await login(t, root, USER + 1, answerPodman([podmanInspection({ id: 'b'.repeat(64), Name: 'late' })]))
  const { containers, gaps } = await source.list(signal)

  t.match(containers, [{ name: 'web' }, { name: 'late', runtime: { name: 'podman', user: String(USER + 1) } }])
  t.strictSame(gaps, [])
})

t.test('forgets the containers of a user who is gone', { skip }, async (t) => {
  const root = await runUser(t)
  const source = createUserPodmanSource(root)
  await login(t, root, USER, answerPodman([podmanInspection()]))
  await source.list(signal)
  await rm(join(root, String(USER)), { recursive: true })

  t.strictSame(await source.list(signal), { containers: [], gaps: [] })
})

t.test('asks no socket that is not the user’s own', { skip }, async (t) => {
  const root = await runUser(t)
  const roots = await login(t, root, USER, answerPodman([podmanInspection()]), 0)
  const linked = join(root, String(USER + 1), 'podman')
  await mkdir(linked, { recursive: true })
  await symlink(roots.socket, join(linked, 'podman.sock'))
  await symlink(join(root, String(USER)), join(root, String(USER + 2)))

  t.strictSame(await createUserPodmanSource(root).list(signal), { containers: [], gaps: [] })
  t.strictSame(roots.asked, [])
})

t.test('lets no user’s runtime cloud anything but itself', { skip, timeout: 60_000 }, async (t) => {
  const answers: Record<string, Answer> = {
    timeout: () => undefined,
    malformed: (response) => response.end('{}'),
    'too-large': (response) => response.end(`["${'x'.repeat(5 << 20)}"]`),
  }
  for (const [reason, answer] of Object.entries(answers)) {
    const root = await runUser(t)
    await login(t, root, USER, answer)
    const before = Date.now()

    t.match(await createUserPodmanSource(root).list(signal), { containers: [], gaps: [{ reason, affects: [] }] })
    t.ok(Date.now() - before < 10_000)
  }
})

t.test('calls back for a user who came after it began to watch', { skip, timeout: 60_000 }, async (t) => {
  const root = await runUser(t)
  const causes = followCauses(t, createUserPodmanSource(root))
  await login(t, root, USER, (response) => response.writeHead(200).flushHeaders())

  t.equal(await causes.next(), 'podman events connected')
})

t.test('passes on a flood of events as one, now and then', { skip, timeout: 60_000 }, async (t) => {
  const root = await runUser(t)
  const event = { Action: 'start', Actor: { ID: 'a'.repeat(64), Attributes: { name: 'web' } } }
  await login(t, root, USER, (response) => response.writeHead(200).write(`${JSON.stringify(event)}\n`.repeat(1000)))
  const stopping = new AbortController()
  const causes: string[] = []
  const watching = createUserPodmanSource(root).watch?.(
    (cause) => {
      causes.push(cause)
      if (causes.at(-1) === 'podman start web') stopping.abort()
    },
    AbortSignal.any([stopping.signal, signal]),
  )

  await watching

  t.equal(causes.at(-1), 'podman start web')
  t.ok(causes.length <= 3)
})
