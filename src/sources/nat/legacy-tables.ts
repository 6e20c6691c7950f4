import { readFile } from 'node:fs/promises'
import type { GapReason } from '../../model/gap.ts'

const FILES = { ipv4: 'ip_tables_names', ipv6: 'ip6_tables_names' } as const

/**
 * Tells whether this net namespace has a nat table of the old backend. Its own program must not be asked that: it makes
 * the table that it looks for.
 */
export async function hasLegacyNat(
  procRoot: string,
  family: 'ipv4' | 'ipv6',
): Promise<boolean | { readonly failed: GapReason; readonly detail: string }> {
  try {
    const names = await readFile(`${procRoot}/self/net/${FILES[family]}`, 'utf8')
    return names.split('\n').includes('nat')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    // Without the module there is no such table.
    if (error.code === 'ENOENT') return false
    return {
      failed: error.code === 'EACCES' || error.code === 'EPERM' ? 'denied' : 'unsupported',
      detail: error.message,
    }
  }
}
