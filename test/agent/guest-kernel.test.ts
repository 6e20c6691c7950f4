import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import { narrow } from '../../src/cli/narrow.ts'
import { renderExplanation } from '../../src/cli/render/explain.ts'
import type { Container } from '../../src/model/container.ts'
import { NAMESPACE_KINDS } from '../../src/model/namespace.ts'
import { container, snapshot } from '../helpers/builders.ts'
import { judged } from '../helpers/judged.ts'
import { plainView } from '../helpers/plain-view.ts'
import { type GivenRow, idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')
const PRIVATE = { net: 90, pid: 91, ipc: 92, mnt: 93, uts: 94, user: 95, cgroup: 96, time: 97 }

/** One container whose main task is in these namespaces, and what its runtime tells of it. */
function judgeOne(namespaces: Readonly<Record<string, number>>, given: GivenRow): Container | undefined {
  return judged([running({ pid: 10, id: A, namespaces })], [row({ id: A, initPid: 10, ...given })]).get(A)
}

const handler = (name: string): GivenRow => ({ runtime: { name: 'docker', handler: name } })

t.test('judges nothing by the private namespaces of a sandbox, and says whose word that rests on', async (t) => {
  const cases = [
    [handler('runsc'), 'gVisor by handler runsc'],
    [handler('runsc-kvm'), 'gVisor by handler runsc-kvm'],
    [handler('kata-runtime'), 'Kata by handler kata-runtime'],
    [handler('io.containerd.run.kata.v2'), 'Kata by handler io.containerd.run.kata.v2'],
    [{ ...handler('safe'), shim: 'io.containerd.runsc.v1' }, 'gVisor by shim io.containerd.runsc.v1'],
    [{ ...handler('safe'), shim: 'io.containerd.kata-qemu.v2' }, 'Kata by shim io.containerd.kata-qemu.v2'],
  ] as const
  for (const [given, reason] of cases) {
    const found = judgeOne(PRIVATE, given)

    for (const kind of NAMESPACE_KINDS) {
      t.match(found?.sharing[kind], { observed: 'not-applicable', verdict: 'not-applicable', inode: PRIVATE[kind] })
    }
    t.match(found?.guestKernel, reason)
  }
})

t.test('sees a sandbox’s process in the host’s namespace', async (t) => {
  const { net: _, ...others } = PRIVATE

  t.match(judgeOne(others, { ...handler('runsc'), declared: { net: 'host' } })?.sharing, {
    net: { observed: 'host', verdict: 'as-declared' },
    pid: { observed: 'not-applicable' },
  })
  t.match(judgeOne(others, handler('runsc'))?.sharing.net, { observed: 'host', verdict: 'undeclared-sharing' })
})

t.test('does not tell a sandbox’s own processes apart, unless one is in the host’s namespace', async (t) => {
  const { net: _, ...others } = PRIVATE
  const main = running({ pid: 10, id: A, namespaces: PRIVATE })
  const gofer = running({ pid: 11, id: A, namespaces: { ...PRIVATE, net: 80 } })
  const escaped = running({ pid: 12, id: A, namespaces: others })
  const rows = [row({ id: A, initPid: 10, ...handler('runsc') })]

  t.match(judged([main, gofer], rows).get(A)?.sharing.net, { observed: 'not-applicable', others: [] })
  t.match(judged([main, gofer, escaped], rows).get(A)?.sharing.net, {
    observed: 'mixed',
    main: 'not-applicable',
    verdict: 'undeclared-sharing',
    others: [{ relation: 'host', total: 1 }],
  })
})

t.test('judges a container as ever', async (t) => {
  const cases: Record<string, GivenRow> = {
    'that runc runs': handler('runc'),
    'whose handler only sounds like it': handler('katana'),
    'whose shim is runc’s, whatever its handler is called': { ...handler('kata'), shim: 'io.containerd.runc.v2' },
  }
  for (const [what, given] of Object.entries(cases)) {
    const found = judgeOne(PRIVATE, given)
    t.match(found?.sharing.net, { observed: 'own', verdict: 'as-declared' }, what)
    t.notOk(found?.guestKernel, what)
  }
})

t.test('takes no process’s name for a runtime’s word', async (t) => {
  const found = judged([running({ pid: 10, id: B, comm: 'runsc-sandbox', namespaces: PRIVATE })]).get(B)

  t.match(found?.sharing.net, { observed: 'own', verdict: 'unknown' })
  t.notOk(found?.guestKernel)
})

t.test('shows the reason in JSON and where one container is explained', async (t) => {
  const found = judgeOne(PRIVATE, { name: 'safe', ...handler('runsc') })
  const report = reportOf(snapshot({ containers: [found ?? container()] }))
  const narrowed = narrow(report, 'safe')
  const text = renderExplanation(narrowed, narrowed.containers[0] ?? container(), report, plainView())

  t.match(JSON.stringify(report), '"guestKernel":"gVisor by handler runsc')
  t.match(text.replace(/\s+/g, ' '), 'namespaces of a sandbox: gVisor by handler runsc: a kernel of its own')
  t.match(text, /net +private +n\/a +not applicable/)
  t.strictSame(report.findings, [])
})
