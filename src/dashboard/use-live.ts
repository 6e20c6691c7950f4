import { useEffect, useState } from 'preact/hooks'
import { STATE_TYPES, type StateType } from '../model/changes.ts'
import type { LiveMessage } from '../model/view.ts'
import { createGatherer } from './gatherer.ts'
import { connectLive, type LiveState } from './live.ts'

/** Grows, for each type of row, with every change that the collector tells of. */
export type Versions = Readonly<Record<StateType, number>>

export interface Live {
  readonly state: LiveState
  readonly versions: Versions
}

const NONE: Versions = { node: 0, container: 0, port: 0, finding: 0, gap: 0 }
// Times pass and connections die without a word: what is shown is read again now and then, whatever was told.
const REREAD_MS = 15_000
// To show is dearer than to hear: shown for each message, a busy fleet is seen later and later, and so is its end.
const GATHER_MS = 250

/** Watches for changes while the page is open. */
export function useLive(): Live {
  const [state, setState] = useState<LiveState>('connecting')
  const [versions, setVersions] = useState(NONE)
  useEffect(() => {
    const changes = createGatherer<StateType>((types) => setVersions((old) => bumped(old, types)), GATHER_MS)
    const url = new URL('/api/v1/live', location.href.replace(/^http/, 'ws')).href
    const end = connectLive({
      url,
      onState: (next) => {
        setState(next)
        // It tells whether only the connection was lost, or the session or the collector too.
        if (next === 'lost') changes.add(['node'])
      },
      onMessage: (message) => changes.add(typesOf(message)),
    })
    const timer = setInterval(changes.add, REREAD_MS, STATE_TYPES)
    return () => {
      end()
      changes.stop()
      clearInterval(timer)
    }
  }, [])
  return { state, versions }
}

/** After a connection was lost, anything may have changed. */
function typesOf(message: LiveMessage): readonly StateType[] {
  if (message.type === 'hello') return STATE_TYPES
  return message.type === 'changed' ? message.types : ['finding']
}

function bumped(versions: Versions, types: readonly StateType[]): Versions {
  const next = { ...versions }
  for (const type of types) next[type] += 1
  return next
}
