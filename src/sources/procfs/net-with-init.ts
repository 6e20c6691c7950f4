import { statSync } from 'node:fs'
import { attempt, isFailure } from './attempt.ts'

/**
 * Tells whether we are in pid 1's net namespace; null where nothing tells. A file of /proc/PID/net has one inode
 * number for each net namespace, and its number needs no right.
 */
export function sharesNetWithInit(procRoot: string): boolean | null {
  const [own, init] = ['self', '1'].map((pid) => attempt(() => statSync(`${procRoot}/${pid}/net/dev`).ino))
  return isFailure(own) || isFailure(init) ? null : own === init
}
