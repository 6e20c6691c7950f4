import type { Changed, IngestStore, Session, Written } from '../store/store.ts'
import type { AgentStream, Ingest, Receipt } from '../transport/ingest.ts'

/** Brings what agents say to the store, and what it changed to those who watch, once it is committed. */
export function ingestInto(store: IngestStore, onChanged: (changed: Changed) => void): Ingest {
  return {
    open: async (hello) => {
      const opened = await store.open(hello)
      if (opened.outcome === 'refused') return opened
      const { session, ackedSeq, want } = opened
      return { outcome: 'opened', stream: streamInto(store, session, onChanged), ackedSeq, want }
    },
  }
}

function streamInto(store: IngestStore, session: Session, onChanged: (changed: Changed) => void): AgentStream {
  const tell = (written: Written) => {
    if (written.outcome === 'stored' && written.changed !== null) onChanged(written.changed)
    return written
  }
  return {
    apply: async (batch) => receiptOf(tell(await store.apply(session, batch))),
    stage: async (part) => {
      const written = tell(await store.stage(session, part))
      return written.outcome === 'stored' && part.part < part.parts ? { outcome: 'staged' } : receiptOf(written)
    },
    look: (look) => store.look(session, look),
    end: () => store.end(session),
  }
}

function receiptOf(written: Written): Receipt {
  if (written.outcome !== 'stored') return written
  const { outcome, ackedSeq, wantSnapshot } = written
  return { outcome, ackedSeq, wantSnapshot }
}
