import type { Look } from '../../model/look.ts'
import type { Session } from '../store.ts'
import type { WriteContext } from '../writer.ts'
import { onCollectorClock } from './clock.ts'
import { readSpeaker } from './session.ts'

/** Notes that the agent looked and found its state as it is; false when the session is fenced. */
export async function noteLook(context: WriteContext, session: Session, look: Look): Promise<boolean> {
  const node = await readSpeaker(context, session)
  if (node === null) return false
  const { trx, now } = context
  const last_look_at = onCollectorClock(node, look.takenAt, now)
  await trx
    .updateTable('nodes')
    .set({ last_look: JSON.stringify(look), last_look_at, last_seen_at: now })
    .where('id', '=', node.id)
    .execute()
  return true
}
