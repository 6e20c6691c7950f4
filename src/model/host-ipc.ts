/** What is mounted of one file system of the host's in a container. */
export interface HostMount {
  /** `unknown` where nothing tells whose it is. */
  readonly mounted: 'host' | 'none' | 'unknown'
  /** Where, as the container's main task sees it; cut, `total` is not. Text of whoever made the mount. */
  readonly mountPoints: readonly string[]
  readonly total: number
  /** Whether one of all these may be written to. */
  readonly writable: boolean
}

/** The host's POSIX shared memory, shm_overview(7), and message queues, mq_overview(7), as a container has them mounted. */
export interface HostIpc {
  readonly shm: HostMount
  readonly mqueue: HostMount
}

/** Of each, in the order of reports. */
export const HOST_IPC = ['shm', 'mqueue'] as const satisfies readonly (keyof HostIpc)[]
