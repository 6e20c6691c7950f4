import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { SimulatedAgent } from './agent.ts'
import { type LoadCommand, type LoadResults, latencyOf } from './commands.ts'

const BETWEEN_MS = 25
const PATIENCE_MS = 10_000
const WATCHED = 'watched-node'
/** Which events of a cycle are about findings. */
const FINDINGS = [3, 4, 5, 6]
const STEPS = 8

/** Watches as a dashboard does while one agent sends event after event, and times each finding from send to sight. */
export async function watchDashboard({
  agents,
  dashboard,
  token,
  apiToken,
  seconds,
}: Extract<LoadCommand, { name: 'watch' }>): Promise<LoadResults['watch']> {
  const socket = new WebSocket(dashboard, { headers: { authorization: `Bearer ${apiToken}` } })
  await once(socket, 'open')
  const ready = Promise.withResolvers<void>()
  const agent = new SimulatedAgent(WATCHED, { urls: [agents], token }, (isReady) => isReady && ready.resolve())
  agent.connect()
  await ready.promise
  const tookMs: number[] = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    const isFinding = FINDINGS.includes((agent.lastSeq % STEPS) + 1)
    const sentAt = performance.now()
    const [seenAt] = await Promise.all([isFinding ? seen(socket) : Number.NaN, agent.send(1)])
    if (isFinding) tookMs.push(seenAt - sentAt)
    await pause(BETWEEN_MS)
  }
  agent.stop()
  socket.terminate()
  return { findings: tookMs.length, delivery: latencyOf(tookMs) }
}

/** Gives when a finding of the watched node came. */
function seen(socket: WebSocket): Promise<number> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('a finding did not reach the dashboard')), PATIENCE_MS)
    const look = (data: unknown) => {
      const text = String(data)
      if (!text.startsWith('{"type":"finding"') || !text.includes(`"node":"${WATCHED}"`)) return
      clearTimeout(patience)
      socket.off('message', look)
      resolve(performance.now())
    }
    socket.on('message', look)
  })
}
