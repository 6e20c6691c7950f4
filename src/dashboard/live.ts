import type { LiveMessage } from '../model/view.ts'

/** `live`: changes arrive; `lost`: they do not, and a new connection is tried. */
export type LiveState = 'connecting' | 'live' | 'lost'

export interface LiveDeps {
  readonly url: string
  readonly onState: (state: LiveState) => void
  readonly onMessage: (message: LiveMessage) => void
}

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 10_000

/** Keeps a connection for changes, and gives the function that ends it. */
export function connectLive({ url, onState, onMessage }: LiveDeps): () => void {
  let ended = false
  let failures = 0
  let socket: WebSocket
  let timer: ReturnType<typeof setTimeout> | undefined

  function connect(): void {
    socket = new WebSocket(url)
    socket.onmessage = ({ data }) => {
      const message: LiveMessage = JSON.parse(data)
      if (message.type === 'hello') {
        failures = 0
        onState('live')
      }
      onMessage(message)
    }
    socket.onclose = () => {
      if (ended) return
      onState('lost')
      timer = setTimeout(connect, delayAfter(failures))
      failures += 1
    }
  }

  connect()
  return () => {
    ended = true
    clearTimeout(timer)
    socket.close()
  }
}

/** Full jitter, so that the dashboards of a restarted collector do not come back all at once. */
function delayAfter(failures: number): number {
  return Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures)
}
