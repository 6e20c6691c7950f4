/** "Still so": sent after a scan, at most once a minute, with the agent's own figures. */
export interface Look {
  /** Unix milliseconds by the agent's clock. */
  readonly takenAt: number
  readonly durationMs: number
  readonly processes: number
  readonly threads: number
  /** Resident memory and CPU time of the agent's process since its start. */
  readonly residentBytes: number
  readonly cpuMs: number
}
