import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { browserSkip, openPage } from '../helpers/browser.ts'
import { nsentinel } from '../helpers/cli.ts'
import { startDockerd } from '../helpers/docker.ts'
import { type Dockerd, whyNoDockerd } from '../helpers/dockerd.ts'
import { FIRST_LOOK, start } from '../helpers/start.ts'
import { until } from '../helpers/until.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

/** A comm is the last part of the executed file's path, up to 15 bytes: what may stand in a file's name stands there. */
const COMMS = ['<script>\u001b[3m\nx', '$(reboot)\u001b[m\ny']
const SHOWN_COMMS = ['<script>\\x1b[3m\\x0ax', '$(reboot)\\x1b[m\\x0ay']
const POD = '<img src=x onerror=alert(1)>\u001b[31m\n$(reboot)\u202egnp.exe'
const SHOWN_POD = 'shop/<img src=x onerror=alert(1)>\\x1b[31m\\x0a$(reboot)\\u202egnp.exe'
const ARGUMENT = '<script>\u001b[31m\nonly-in-argv'

/** Runs a copy of busybox under each name that it is given, as a shell in the net namespace that this test is in. */
const ENTER = `
  mkfifo /f
  for name in "$@"; do
    cp /bin/busybox "/tmp/$name"
    nsenter -t ${process.pid} -n sh -c 'exec -a sh "$0" -c "echo ready; read x < /f" "$1"' "/tmp/$name" '${ARGUMENT}' &
  done
  wait`

t.test('a real container that calls itself what terminals and browsers obey', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t)
  const name = `hostile-${process.pid}`
  await runHostile(dockerd, name)

  t.test('is told by `scan` in escapes', async (t) => {
    const args = ['scan', '--docker-socket', dockerd.socketPath, '--container', name]
    const [table, json] = await Promise.all([nsentinel(args), nsentinel([...args, '--output', 'json'])])
    const [container] = JSON.parse(json.stdout).containers

    holdEscaped(t, table.stdout, SHOWN_COMMS)
    t.match(unwrapped(table.stdout), unwrapped(SHOWN_POD))
    t.strictSame(commsOf(container), COMMS.toSorted())
    t.equal(container.pod.proof, 'claim')
    t.notMatch(table.stdout + json.stdout, 'only-in-argv')
    t.notMatch(json.stdout.replaceAll('\n', ''), /\p{Cc}/u)
  })

  t.test('is told by `start` in escapes, and on the page as text', { skip: browserSkip }, async (t) => {
    const started = await start(t, '--docker-socket', dockerd.socketPath)
    await started.says(FIRST_LOOK)
    const { page, complaints } = await openPage(t)
    await page.goto(`${started.origin}/?token=${started.token}`)

    await readOnPage(page, name)

    holdEscaped(t, started.text(), SHOWN_COMMS)
    t.equal(await page.locator('script').count(), 1)
    t.equal(await page.locator('img').count(), 0)
    t.notMatch(await page.content(), 'only-in-argv')
    t.strictSame(complaints, [])
  })
})

/** It may enter the host's namespaces; what its label says of a pod proves nothing. */
async function runHostile(dockerd: Dockerd, name: string): Promise<void> {
  await dockerd.run(
    ...['--name', name, '--pid', 'host', '--cap-add', 'SYS_ADMIN', '--cap-add', 'SYS_PTRACE'],
    ...['--label', `io.kubernetes.pod.name=${POD}`, '--label', 'io.kubernetes.pod.namespace=shop'],
    ...['--label', 'io.kubernetes.pod.uid=00000000-0000-4000-8000-000000000000'],
    ...['--label', 'io.kubernetes.container.name=app', '--label', 'io.kubernetes.docker.type=container'],
    ...['busybox', 'sh', '-c', ENTER, 'sh', ...COMMS],
  )
  await until(async () => (await dockerd.docker('logs', name)) === 'ready\nready' || undefined)
}

function holdEscaped(t: Test, text: string, shown: readonly string[]): void {
  for (const comm of shown) t.match(unwrapped(text), comm)
  t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
}

/** Long text is broken between words and wherever it must. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, '')
}

interface WithOthers {
  readonly sharing: { readonly net: { readonly others: readonly { readonly tasks: readonly { comm: string }[] }[] } }
}

function commsOf({ sharing }: WithOthers): string[] {
  return sharing.net.others.flatMap(({ tasks }) => tasks.map(({ comm }) => comm)).toSorted()
}

async function readOnPage(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `2 task(s) of ${name} are in the host's net namespace` }).click()
  for (const comm of SHOWN_COMMS)
    await page
      .getByRole('row', { name: `comm ${comm}`, exact: true })
      .first()
      .waitFor()
  await page.getByRole('link', { name: 'Containers', exact: true }).click()
  await page.getByRole('row', { name }).getByText(SHOWN_POD, { exact: true }).waitFor()
}
