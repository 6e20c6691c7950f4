import { shown } from './text.ts'

const LONG_ID = /\b([0-9a-f]{12})[0-9a-f]{52}\b/g

/** A task as evidence holds it, which a later version may have written. */
interface TaskShown {
  readonly pid: number
  readonly comm: string
  readonly [field: string]: unknown
}

/** Tells a task from whatever else evidence may hold. */
export function isTask(value: unknown): value is TaskShown {
  return isObject(value) && typeof value['pid'] === 'number' && typeof value['comm'] === 'string'
}

/** Tells where a task came from from whatever else evidence may hold under its name. */
export function isOrigin(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Array.isArray(value['parents'])
}

/** Names a task and where it came from: `sleep (pid 12, /bin/sleep), started by sh (pid 11, /bin/sh)`. */
export function taskWords(task: TaskShown): string {
  const { tid, origin } = task
  const thread = typeof tid === 'number' && tid !== task.pid ? `, thread ${tid}` : ''
  const exe = isOrigin(origin) ? exeWords(origin['exe']) : ''
  const from = isOrigin(origin) ? originParts(origin).map((part) => `, ${part}`) : []
  return `${shown(task.comm)} (pid ${task.pid}${thread}${exe})${from.join('')}`
}

/** Says where a task came from, as far as that is known: its parents, the nearest first, who logged in, its cgroup. */
export function originParts({ parents, loginUid, sessionId, cgroup }: Readonly<Record<string, unknown>>): string[] {
  const above = Array.isArray(parents) ? parents.filter(isTask) : []
  return [
    ...(above.length === 0 ? [] : [`started by ${above.map(parentWords).join(' < ')}`]),
    ...(typeof loginUid === 'number' ? [`login uid ${loginUid}`] : []),
    ...(typeof sessionId === 'number' ? [`session ${sessionId}`] : []),
    ...(typeof cgroup === 'string' ? [`cgroup ${shown(cgroup).replace(LONG_ID, '$1…')}`] : []),
  ]
}

function parentWords(parent: TaskShown): string {
  return `${shown(parent.comm)} (pid ${parent.pid}${exeWords(parent['exe'])})`
}

function exeWords(exe: unknown): string {
  return typeof exe === 'string' ? `, ${shown(exe)}` : ''
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
