import type { RuntimeContainer } from '../source.ts'

/** The containers that a runtime last told of, to be told again while it cannot be read. */
export interface LastKnown {
  containers(): readonly RuntimeContainer[]
  /** A list is about to be asked for. */
  begin(): void
  /** Keeps the answer, less those that died since it was asked for. */
  keep(listed: readonly RuntimeContainer[]): void
  die(id: string): void
}

/** Starts with none. A runtime that goes away after the last of its containers died is then not missed. */
export function createLastKnown(): LastKnown {
  const died = new Set<string>()
  let known: readonly RuntimeContainer[] = []
  const living = (containers: readonly RuntimeContainer[]) => containers.filter(({ id }) => !died.has(id))
  return {
    containers: () => known,
    begin: () => died.clear(),
    keep: (listed) => {
      known = living(listed)
    },
    die: (id) => {
      died.add(id)
      known = living(known)
    },
  }
}
