import { createContext, type JSX } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { agoText } from './words.ts'

const TICK_MS = 10_000
// Made once: to make one costs many times what writing a moment does, and a page has hundreds of them.
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** The time that `Ago` counts from. */
export const Now = createContext(0)

/** Gives the present time again every 10 seconds. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** A moment as time gone by, with the moment itself for who points at it. */
export function Ago({ at }: { readonly at: number }): JSX.Element {
  const now = useContext(Now)
  return (
    <time dateTime={new Date(at).toISOString()} title={momentText(at)}>
      {agoText(now - at)}
    </time>
  )
}

/** A moment in full, in the reader's own time zone. */
export function Moment({ at }: { readonly at: number }): JSX.Element {
  return <time dateTime={new Date(at).toISOString()}>{momentText(at)}</time>
}

function momentText(at: number): string {
  return MOMENT.format(at)
}
