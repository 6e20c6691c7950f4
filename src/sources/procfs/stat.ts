/** PF_KTHREAD of include/linux/sched.h: no process can set it on itself. */
const KERNEL_THREAD_FLAG = 0x00200000

/** Fields counted from 1 as proc_pid_stat(5) does, less the three that stand before the last parenthesis. */
const PPID = 4 - 3
const FLAGS = 9 - 3
const START_TIME = 22 - 3

/** What a scan needs of /proc/PID/stat, proc_pid_stat(5). */
export interface Stat {
  readonly comm: string
  readonly ppid: number
  /** Clock ticks since boot. */
  readonly startTime: number
  readonly kernelThread: boolean
}

/**
 * Parses /proc/PID/stat. The comm is the process's own choice and may hold spaces and parentheses, so it ends at
 * the last one.
 *
 * @throws {SyntaxError} when the text is not such a line
 */
export function parseStat(text: string): Stat {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  const numbers = [fields[PPID], fields[FLAGS], fields[START_TIME]].map(Number)
  const [ppid, flags, startTime] = numbers
  if (open < 0 || close < open || ppid === undefined || flags === undefined || startTime === undefined) {
    throw new SyntaxError('not a line of /proc/PID/stat')
  }
  if (!numbers.every(Number.isSafeInteger)) throw new SyntaxError('not a line of /proc/PID/stat: a number is missing')
  return { comm: text.slice(open + 1, close), ppid, startTime, kernelThread: (flags & KERNEL_THREAD_FLAG) !== 0 }
}

/** USER_HZ, in which the kernel gives every start time, whatever its own tick is: proc_pid_stat(5). */
const TICKS_PER_SECOND = 100

/**
 * Gives the clock ticks since boot from the text of /proc/uptime.
 *
 * @throws {SyntaxError} when it is not such a text
 */
export function parseUptime(text: string): number {
  const seconds = Number(/^\d+\.\d+(?= )/.exec(text)?.[0] ?? Number.NaN)
  if (Number.isNaN(seconds)) throw new SyntaxError('not the text of /proc/uptime')
  return Math.round(seconds * TICKS_PER_SECOND)
}
