import type { KeptWritten } from '../kept.ts'
import type { Session } from '../store.ts'
import type { WriteContext } from '../writer.ts'

/** Tells other collectors what a write changed, and gives it on. */
export function announceWritten(context: WriteContext, written: KeptWritten): KeptWritten {
  if (written.outcome === 'stored' && written.changed !== null) context.announce(written.changed)
  return written
}

/** Tells other collectors that a node's status, or when it was last seen, is another. */
export function announceNode(context: WriteContext, { node }: Session): void {
  context.announce({ node, types: ['node'], findings: [] })
}
