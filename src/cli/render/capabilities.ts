/** The names of the bits of CapEff from bit 0 on, capabilities(7) and include/uapi/linux/capability.h. */
const NAMES = `
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
  SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
  PERFMON BPF CHECKPOINT_RESTORE
`
  .trim()
  .split(/\s+/)

/** Those that reach further than the container where a namespace or a device is shared. */
const FAR_REACHING = [
  'SYS_ADMIN',
  'SYS_PTRACE',
  'SYS_MODULE',
  'SYS_RAWIO',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_OWNER',
  'DAC_READ_SEARCH',
  'BPF',
  'PERFMON',
]

/**
 * Lists the capabilities of an effective set; a bit that this list does not know is called by its number.
 *
 * @param effective CapEff as hex digits
 */
export function capabilitiesOf(effective: string): string[] {
  const set = BigInt(`0x${effective}`)
  const names: string[] = []
  for (let bit = 0; set >> BigInt(bit) > 0n; bit += 1) {
    if ((set >> BigInt(bit)) & 1n) names.push(NAMES[bit] ?? `bit ${bit}`)
  }
  return names
}

/** Counts the capabilities of an effective set and names those that reach far. */
export function capabilitySummary(effective: string): string {
  const names = capabilitiesOf(effective)
  if (names.length === 0) return 'no capabilities'
  if (names.length >= NAMES.length) return 'all capabilities'
  const far = FAR_REACHING.filter((name) => names.includes(name))
  return `${names.length} capabilities${far.length === 0 ? '' : `, among them ${far.join(', ')}`}`
}
