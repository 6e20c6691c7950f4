import type { NodesTable } from '../tables.ts'

/** Brings a time of the agent's clock to the collector's, by the offset measured at hello; never into the future. */
export function onCollectorClock({ clock_offset_ms }: NodesTable, at: number, now: number): number {
  return Math.min(at - clock_offset_ms, now)
}
