/** A process above another one, as it was when that one was first seen odd; comm and exe are its own words. */
export interface Ancestor {
  readonly pid: number
  readonly comm: string
  /** The program's path as the process sees it; null where it could not be read. */
  readonly exe: string | null
}

/** Where an odd task came from, taken at first sight and kept while it lives: its parents may be gone tomorrow. */
export interface Origin {
  readonly exe: string | null
  /** Its parents, the nearest first; cut at 8. */
  readonly parents: readonly Ancestor[]
  /** Who logged in, proc_pid_loginuid(5); null where nobody did, as below most services. */
  readonly loginUid: number | null
  /** The audit session, proc_pid_sessionid(5); null outside of any. */
  readonly sessionId: number | null
  /** The longest of its cgroup paths, cut at 512 characters. */
  readonly cgroup: string
}
