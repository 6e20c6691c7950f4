/** One address of one interface. */
export interface InterfaceAddress {
  readonly family: 'ipv4' | 'ipv6'
  readonly address: string
}

export interface NetworkInterface {
  readonly name: string
  readonly addresses: readonly InterfaceAddress[]
}

/** What is known of the machine itself. */
export interface Node {
  readonly name: string
  /** /proc/sys/kernel/random/boot_id: with pid and start time a task's identity. */
  readonly bootId: string
  readonly os: string
  readonly kernel: string
  readonly architecture: string
  readonly cgroups: 'v1' | 'v2' | 'hybrid' | 'unknown'
  /** The tier that read the tasks; both tell the same. */
  readonly reader: 'procfs' | 'bpf'
  /** Whose rights the scan had: 0 is root. */
  readonly uid: number
  readonly interfaces: readonly NetworkInterface[]
}
