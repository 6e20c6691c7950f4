/** Bits of CapEff that weigh in a shared namespace, capabilities(7). */
const BITS = {
  DAC_OVERRIDE: 1n,
  NET_ADMIN: 12n,
  NET_RAW: 13n,
  IPC_OWNER: 15n,
  SYS_PTRACE: 19n,
  SYS_ADMIN: 21n,
} as const

export type Capability = keyof typeof BITS

/**
 * Tells whether an effective set holds one of these.
 *
 * @param effective CapEff as hex digits
 */
export function hasAny(effective: string, ...wanted: readonly Capability[]): boolean {
  const set = BigInt(`0x${effective}`)
  return wanted.some((name) => ((set >> BITS[name]) & 1n) === 1n)
}
