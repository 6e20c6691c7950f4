import { readlinkSync } from 'node:fs'
import type { Ancestor, Origin } from '../../model/origin.ts'
import type { TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { type Reader, visit } from './visit.ts'

const PARENTS_MAX = 8
const EXE_MAX = 256
const CGROUP_MAX = 512

/** More odd tasks than anybody reads of; the one that was asked for longest ago goes. */
const KEPT_MAX = 2048

/** (uid_t) -1 and (unsigned) -1: nobody logged in, no session; proc_pid_loginuid(5). */
const UNSET = 0xffffffff

/** Tells where tasks came from, and goes on telling the same of each while it lives: its parents may end before it. */
export class Origins {
  readonly #reader: Reader
  readonly #kept = new Map<string, Origin>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** Gives null where the task is gone or closed to us. */
  read(task: TaskId): Origin | null {
    const key = `${task.pid}/${task.tid}/${task.startTime}`
    const origin = this.#kept.get(key) ?? this.#readNow(task)
    if (origin === null) return null
    this.#kept.delete(key)
    this.#kept.set(key, origin)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
    return origin
  }

  #readNow(task: TaskId): Origin | null {
    const { readFile } = this.#reader
    const read = attempt(() =>
      visit(this.#reader, task, (directory, { ppid }) => ({
        ppid,
        origin: {
          exe: readExe(),
          loginUid: readAuditId(readFile, '../loginuid'),
          sessionId: readAuditId(readFile, '../sessionid'),
          cgroup: longestPath(readFile(`${directory}/cgroup`)),
        },
      })),
    )
    if (read === null || isFailure(read)) return null
    const { exe, loginUid, sessionId, cgroup } = read.origin
    return { exe, parents: this.#parentsOf(read.ppid, task.startTime), loginUid, sessionId, cgroup }
  }

  /** A parent started before its child: a later one only has the number of one that ended. */
  #parentsOf(ppid: number, childStart: number): Ancestor[] {
    const parents: Ancestor[] = []
    let next = { pid: ppid, startTime: childStart }
    while (next.pid > 0 && parents.length < PARENTS_MAX) {
      const { pid, startTime: latest } = next
      const found = attempt(() =>
        visit(this.#reader, { pid, tid: pid }, (_, { comm, ppid: above, startTime }) =>
          startTime > latest ? null : { above, startTime, parent: { pid, comm, exe: readExe() } },
        ),
      )
      if (found === null || isFailure(found)) break
      parents.push(found.parent)
      next = { pid: found.above, startTime: found.startTime }
    }
    return parents
  }
}

/** A kernel thread has none, and another user's is closed. */
function readExe(): string | null {
  const exe = attempt(() => readlinkSync('../exe'))
  return isFailure(exe) ? null : exe.slice(0, EXE_MAX)
}

/** A kernel without audit has no such file. */
function readAuditId(readFile: Reader['readFile'], path: string): number | null {
  const text = attempt(() => readFile(path))
  const id = isFailure(text) ? UNSET : Number(text)
  return Number.isSafeInteger(id) && id !== UNSET ? id : null
}

function longestPath(text: string): string {
  const paths = text.split('\n').map((line) => line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1))
  const [longest = ''] = paths.toSorted((a, b) => b.length - a.length)
  return longest.slice(0, CGROUP_MAX)
}
