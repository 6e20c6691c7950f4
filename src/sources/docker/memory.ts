import type { RuntimeContainer } from '../source.ts'

/** What a container's inspection said; its state is the list's. */
export type Description = Omit<RuntimeContainer, 'state'>

/** Inspections that need not be repeated. */
export interface Memory {
  recall(id: string): Description | null
  /** Keeps a description, unless something happened since `moment` was taken. */
  keep(description: Description, moment: number): void
  /** A number that changes with every event. */
  moment(): number
  forget(id: string): void
  /** Begins to remember: from now on every event is seen. */
  open(): void
  /** Forgets all and remembers nothing more: events may be missed. */
  close(): void
}

/**
 * A container's declaration cannot change while it runs, but it can be restarted, with another pid and another host
 * port, and Docker's list does not tell. So nothing is remembered unless the runtime's events are being followed.
 */
export function createMemory(maxEntries: number): Memory {
  const kept = new Map<string, Description>()
  let events = 0
  let isOpen = false
  const close = () => {
    events++
    isOpen = false
    kept.clear()
  }
  return {
    recall: (id) => kept.get(id) ?? null,
    keep(description, moment) {
      if (isOpen && moment === events && kept.size < maxEntries) kept.set(description.id, description)
    },
    moment: () => events,
    forget(id) {
      events++
      kept.delete(id)
    },
    open() {
      close()
      isOpen = true
    },
    close,
  }
}
