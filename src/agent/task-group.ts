import type { TaskGroup, TaskReference } from '../model/container.ts'
import type { Task } from '../model/task.ts'

/** How many tasks of one group are named; `total` counts them all. */
const NAMED_TASKS_MAX = 8

/** Names the first of these tasks, and counts all. */
export function groupOf(tasks: readonly Task[]): TaskGroup {
  return { tasks: tasks.slice(0, NAMED_TASKS_MAX).map(referenceTo), total: tasks.length }
}

function referenceTo({ pid, tid, startTime, comm }: Task): TaskReference {
  return { pid, tid, startTime, comm }
}
