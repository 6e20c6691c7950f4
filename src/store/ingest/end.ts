import type { Session } from '../store.ts'
import type { WriteContext } from '../writer.ts'
import { readSpeaker } from './session.ts'
import { dropStaged } from './told.ts'

/** Notes that a connection ended and drops its unfinished snapshot; a fenced session changes nothing. */
export async function endSession(context: WriteContext, session: Session): Promise<void> {
  const node = await readSpeaker(context, session)
  if (node === null) return
  await dropStaged(context, node)
  await context.trx.updateTable('nodes').set({ connected: 0, staged_parts: 0 }).where('id', '=', node.id).execute()
}
