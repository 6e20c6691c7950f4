import type { Look } from '../model/look.ts'
import type { Proof } from '../model/speaker.ts'
import type { Hello, ReceivedBatch, ReceivedPart } from '../model/stream.ts'
import type { Changed, IngestStore, Opened, Session, Written } from '../store/store.ts'
import type { AgentStream, Ingest, Opening, Receipt } from '../transport/ingest.ts'

export interface IngestDeps {
  readonly store: IngestStore
  /** Called after each commit that changed something. */
  readonly onChanged: (changed: Changed) => void
}

type Uncontested =
  | Exclude<Opened, { outcome: 'contested' }>
  | { readonly outcome: 'refused'; readonly reason: 'already-connected' }

/** Who comes while one is being asked after is asked after, too, but not for ever. */
const MOST_RIVALS = 3

/** Brings what agents say into the store, and tells of what it changed there. */
export function createIngest({ store, onChanged }: IngestDeps): Ingest {
  return {
    judge: (hello, proof) => store.judge(hello, proof),
    async open(hello: Hello, proof: Proof): Promise<Opening> {
      const opened = await openUncontested(store, hello, proof)
      if (opened.outcome === 'refused') return opened
      const { session, ...opening } = opened
      onChanged(nodeChanged(session))
      return { ...opening, stream: streamOf({ store, onChanged }, session) }
    },
  }
}

/** Takes the place of another process only where that one no longer answers, whichever collector it is connected to. */
async function openUncontested(store: IngestStore, hello: Hello, proof: Proof): Promise<Uncontested> {
  let opened = await store.open(hello, proof)
  for (let rivals = 0; opened.outcome === 'contested'; rivals += 1) {
    if (rivals === MOST_RIVALS || (await opened.isAlive())) return { outcome: 'refused', reason: 'already-connected' }
    opened = await store.open(hello, proof, opened.session)
  }
  return opened
}

function streamOf({ store, onChanged }: IngestDeps, session: Session): AgentStream {
  const tell = (written: Written): Receipt => {
    if (written.outcome === 'stored' && written.changed !== null) onChanged(written.changed)
    return written
  }
  return {
    apply: (batch: ReceivedBatch) => store.apply(session, batch).then(tell),
    stage: (part: ReceivedPart) => store.stage(session, part).then(tell),
    async look(look: Look) {
      const isCurrent = await store.look(session, look)
      if (isCurrent) onChanged(nodeChanged(session))
      return isCurrent
    },
    async end() {
      await store.end(session)
      onChanged(nodeChanged(session))
    },
  }
}

/** Says that a node's status, or when it was last seen, is another. */
function nodeChanged({ node }: Session): Changed {
  return { node, types: ['node'], findings: [] }
}
