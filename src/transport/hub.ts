import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Hello } from '../model/stream.ts'
import type { Admission, Incident } from './admission.ts'
import { type ConnectedAgent, connectedAgent } from './connected-agent.ts'
import { FrameMeter } from './frame-meter.ts'
import { HalfRead } from './half-read.ts'
import { HubSession } from './hub-session.ts'
import type { Ingest } from './ingest.ts'
import { Intake } from './intake.ts'
import { Lobby, type LobbySize } from './lobby.ts'
import type { TransportLog } from './log.ts'
import { type ByeReason, type Limits, MAX_FRAME_BYTES, SUBPROTOCOL } from './protocol.ts'
import { type SnapshotBounds, USUAL_SNAPSHOT } from './snapshot-size.ts'
import { Speakers } from './speakers.ts'
import { type Rates, Throttles, USUAL_RATES } from './throttle.ts'
import { turnAway } from './turn-away.ts'

const PROTOCOL_ERROR = 1002
/** In how many pieces a frame may come: each has its price, however small it is. */
const MOST_CHUNKS = 4096

export interface HubOptions {
  readonly ingest: Ingest
  readonly log: TransportLog
  /** Takes what should be kept of who was refused and who enrolled. */
  readonly onIncident?: (incident: Incident) => void
  readonly limits?: Partial<Limits>
  readonly rates?: Rates
  readonly maxSnapshot?: SnapshotBounds
  /** Bounds what all agents together have in memory. */
  readonly intake?: Intake
  /** Bounds what all agents together have in memory of frames that are not whole yet. */
  readonly halfRead?: HalfRead
  /** How many connections may wait to be welcomed. */
  readonly lobby?: LobbySize
  /** How long an agent may take to say hello. */
  readonly helloTimeoutMs?: number
  /** How long a connection may take to prove that it lives, when another agent claims its identity. */
  readonly probeTimeoutMs?: number
  /** Over how long the agents are asked to spread their return after a shutdown. */
  readonly spreadMs?: number
  readonly random?: () => number
  readonly now?: () => number
}

/** What the hub has seen; `ended` counts by reason the connections that did not end by themselves. */
export interface HubFigures {
  readonly connected: number
  readonly ended: Readonly<Partial<Record<ByeReason, number>>>
  /** Replies to commands that nobody waited for any more. */
  readonly lateReplies: number
}

/** Where agents connect: takes upgrade requests that were let in, and drives each connection to its end. */
export interface Hub {
  readonly figures: HubFigures
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, admission: Admission): void
  /** Gives who speaks for a node, to be asked; null when nobody does here. */
  agentOf(node: string): ConnectedAgent | null
  /** Tells whether an agent was welcomed here and still answers; one that does not is given up. */
  isAlive(agentId: string): Promise<boolean>
  /** Asks every agent to come back later; drops those that are still there when the signal fires. */
  close(signal: AbortSignal): Promise<void>
}

/** Makes a hub that brings what agents say to `ingest`. */
export function createHub(options: HubOptions): Hub {
  return new AgentHub({
    helloTimeoutMs: 10_000,
    probeTimeoutMs: 5000,
    spreadMs: 10_000,
    random: Math.random,
    // Of this machine's clock only how much passes counts, not when it is set.
    now: () => Math.round(performance.now()),
    rates: USUAL_RATES,
    maxSnapshot: USUAL_SNAPSHOT,
    intake: new Intake(options.log),
    halfRead: new HalfRead(),
    lobby: { all: 4000, ofAddress: 1000 },
    onIncident: () => undefined,
    ...options,
    limits: { maxUnackedBytes: 1024 * 1024, pingIntervalMs: 15_000, ...options.limits },
  })
}

class AgentHub implements Hub {
  readonly #options: Required<HubOptions> & { readonly limits: Limits }
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    maxBufferedChunks: MOST_CHUNKS,
    maxFragments: MOST_CHUNKS,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })
  readonly #sessions = new Set<HubSession>()
  readonly #speakers: Speakers
  readonly #throttles: Throttles
  readonly #lobby: Lobby
  readonly #ended: Partial<Record<ByeReason, number>> = {}
  #lateReplies = 0
  #isClosing = false

  constructor(options: Required<HubOptions> & { readonly limits: Limits }) {
    this.#options = options
    this.#speakers = new Speakers(options)
    this.#throttles = new Throttles(options.rates)
    this.#lobby = new Lobby(options.lobby)
  }

  get figures(): HubFigures {
    return { connected: this.#sessions.size, ended: this.#ended, lateReplies: this.#lateReplies }
  }

  agentOf(node: string): ConnectedAgent | null {
    const session = this.#speakers.ofNode(node)
    return session === null ? null : connectedAgent(session)
  }

  isAlive(agentId: string): Promise<boolean> {
    return this.#speakers.isAlive(agentId)
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer, admission: Admission): void {
    const leaveLobby = this.#isClosing ? null : this.#lobby.enter(admission.address)
    if (leaveLobby === null) {
      this.#turnAway(socket, admission)
      return
    }
    // Whatever becomes of the handshake; a session leaves it earlier.
    socket.once('close', leaveLobby)
    this.#server.handleUpgrade(request, socket, head, (client) => this.#begin(client, socket, admission, leaveLobby))
  }

  #turnAway(socket: Duplex, { address }: Admission): void {
    const reason = this.#isClosing ? 'shutting-down' : 'too-many-connections'
    if (!this.#isClosing) this.#noteRefusal(reason, address)
    turnAway(socket, reason, this.#options.random)
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true
    const { random, spreadMs } = this.#options
    const sessions = [...this.#sessions]
    for (const { link } of sessions) {
      link.leave('shutting-down', { retryAfterMs: Math.round(random() * spreadMs) })
    }
    const terminate = () => {
      for (const { link } of sessions) link.terminate()
    }
    if (signal.aborted) terminate()
    else signal.addEventListener('abort', terminate, { once: true })
    await Promise.all(sessions.map(({ link }) => link.ended))
    signal.removeEventListener('abort', terminate)
  }

  #begin(socket: WebSocket, stream: Duplex, admission: Admission, onSettled: () => void): void {
    if (socket.protocol !== SUBPROTOCOL) {
      this.#noteRefusal('wrong-protocol', admission.address)
      socket.close(PROTOCOL_ERROR, `speak ${SUBPROTOCOL}`)
      return
    }
    const { ingest, intake, log, limits, helloTimeoutMs, onIncident, maxSnapshot, now } = this.#options
    const admit = (session: HubSession, hello: Hello) => this.#speakers.admit(session, hello)
    const count = (reason: ByeReason) => this.#count(reason)
    const throttleOf = (agentId: string) => this.#throttles.of(agentId, now())
    const onLateReply = () => void this.#lateReplies++
    const fixed = { ingest, intake, log, limits, helloTimeoutMs, onIncident, maxSnapshot, now }
    const session = new HubSession({ ...fixed, socket, admission, admit, count, onLateReply, throttleOf, onSettled })
    this.#sessions.add(session)
    new FrameMeter({ socket, stream, session, halfRead: this.#options.halfRead })
    void session.link.ended.then(() => this.#forget(session))
  }

  #forget(session: HubSession): void {
    this.#sessions.delete(session)
    this.#speakers.forget(session)
  }

  /** Of a connection without a hello. */
  #noteRefusal(reason: string, address: string): void {
    this.#options.onIncident({ action: 'refused', reason, address, agentId: null, node: null, detail: null })
  }

  #count(reason: ByeReason): void {
    this.#ended[reason] = (this.#ended[reason] ?? 0) + 1
  }
}
