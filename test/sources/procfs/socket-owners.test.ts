import t from 'tap'
import type { ListenerReport, ListenerSource, NetSpace, SocketSuspect } from '../../../src/sources/listener-source.ts'
import { ProcfsListeners } from '../../../src/sources/procfs/listeners.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { createFileReader } from '../../../src/sources/procfs/read-file.ts'
import { lookAt, type Program, startProgram, whyNoListening } from '../../helpers/listening.ts'

const skip = whyNoListening()

const LISTEN = `await tcp('a', { port: 1001, host: '127.0.0.1' })`

function clocked() {
  const time = { now: 1000 }
  const source = new ProcfsListeners({ root: '/proc', readFile: createFileReader() }, () => time.now)
  return { time, source }
}

function pidsOf({ sockets }: ListenerReport): number[][] {
  return sockets.map(({ holders }) => holders.map(({ pid }) => pid).toSorted((a, b) => a - b))
}

function sorted(...pids: readonly unknown[]): number[] {
  return pids.map(Number).toSorted((a, b) => a - b)
}

t.test('finds every process that inherited a listener, in its net namespace', { skip }, async (t) => {
  const program = await startProgram(t, LISTEN)
  const heirs = [await program.run(`return await give('a')`), await program.run(`return await give('a')`)]

  t.strictSame(pidsOf(lookAt(clocked().source, program)), [sorted(program.pid, ...heirs)])
})

t.test('finds both of two listeners on one port, SO_REUSEPORT, and each one’s owner', { skip }, async (t) => {
  const shared = `await tcp('a', { port: 1001, host: '127.0.0.1', reusePort: true })`
  const first = await startProgram(t, shared)
  const second = await startProgram(t, shared, ['nsenter', `--net=/proc/${first.pid}/ns/net`])

  const report = lookAt(clocked().source, first)

  t.strictSame(
    report.sockets.map(({ address, port }) => `${address}:${port}`),
    ['127.0.0.1:1001', '127.0.0.1:1001'],
  )
  t.strictSame(pidsOf(report).toSorted(), [[first.pid], [second.pid]].toSorted())
})

t.test('finds the owner in another net namespace, once nobody in the listener’s own has it', { skip }, async (t) => {
  const program = await startProgram(t, LISTEN)
  const heir = await program.run(`
    const pid = await give('a', 'unshare', '--net')
    await close('a')
    return pid`)

  t.strictSame(pidsOf(lookAt(clocked().source, program)), [[heir]])
})

t.test('sees who was given a listener later in its turn, and who gave it away at once', { skip }, async (t) => {
  const program = await startProgram(t, LISTEN)
  const { source, time } = clocked()
  const look = () => pidsOf(lookAt(source, program))
  t.strictSame(look(), [[program.pid]])

  const heir = await program.run(`return await give('a')`)
  t.strictSame(look(), [sorted(program.pid, heir)], 'a new process is asked as soon as it is there')
  await program.run(`await close('a')`)
  time.now += 301_000
  t.strictSame(look(), [[heir]])
})

t.test('looks again for the owner of a listener whose owner ended', { skip }, async (t) => {
  const first = await startProgram(t, LISTEN)
  const keeper = await startProgram(t, '', ['nsenter', `--net=/proc/${first.pid}/ns/net`])
  const { source } = clocked()
  const look = (program: Program) => lookAt(source, program)
  t.strictSame(pidsOf(look(first)), [[first.pid]])

  // Its input is not the ending process's: it lives on.
  const heir = await first.run(`
    const { fd } = open.get('a')._handle
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'inherit', fd] })
    await once(child, 'spawn')
    return child.pid`)
  t.teardown(() => process.kill(Number(heir), 'SIGKILL'))
  await first.end()

  t.strictSame(pidsOf(look(keeper)), [[heir]])
})

/** Looks at one namespace with suspects that a test makes up. */
function lookWith(source: ListenerSource, program: Program, suspects: readonly SocketSuspect[]): ListenerReport {
  const space: NetSpace = {
    inode: program.inode,
    tasks: [{ pid: program.pid, tid: program.pid }],
    isHost: true,
    containerIds: [],
  }
  return source.read([space], suspects, undefined)
}

function suspectOf({ pid, inode }: Program): SocketSuspect {
  const found = new Procfs('/proc').read().processes.find(({ leader }) => leader.pid === pid)?.leader
  if (found === undefined) throw new Error(`pid ${pid} is not there`)
  const { startTime, comm } = found
  return { pid, tid: pid, startTime, comm, netInode: inode, containerId: null }
}

t.test('takes no other process that has the number for the one that was seen', { skip }, async (t) => {
  const program = await startProgram(t, LISTEN)
  const { source } = clocked()
  const suspect = suspectOf(program)

  t.strictSame(pidsOf(lookWith(source, program, [suspect])), [[program.pid]])
  const later = { ...suspect, startTime: suspect.startTime + 1 }
  t.strictSame(pidsOf(lookWith(source, program, [later])), [[]])
})
