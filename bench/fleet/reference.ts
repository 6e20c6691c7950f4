import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { type WebSocket, WebSocketServer } from 'ws'

/**
 * The least that could do it: every event is a row in one table, committed durably before the answer, and nothing is
 * checked, hashed, folded or shown. What arrived in one turn of the event loop is one commit.
 */
const database = new DatabaseSync(process.argv[2] ?? ':memory:')
database.exec('pragma journal_mode = wal; pragma synchronous = full')
database.exec('create table events (node, seq, at, op, type, key, value)')
const insert = database.prepare('insert into events values (?, ?, ?, ?, ?, ?, ?)')
const waiting: (readonly [socket: WebSocket, node: string, frame: Frame])[] = []

const server = createServer()
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  let node = ''
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data))
    if (frame.type === 'hello') node = frame.node
    if (waiting.length === 0) setImmediate(commit)
    waiting.push([socket, node, frame])
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`)
})
process.on('SIGTERM', () => process.exit())

function commit(): void {
  database.exec('begin')
  const answers = waiting.splice(0).map(([socket, node, frame]) => [socket, answer(node, frame)] as const)
  database.exec('commit')
  for (const [socket, text] of answers) socket.send(text)
}

interface Frame {
  readonly type: string
  readonly epoch: string
  readonly firstSeq: number
  readonly asOfSeq: number
  readonly events: readonly Record<'seq' | 'at' | 'op' | 'type' | 'key' | 'value', never>[]
}

function answer(node: string, frame: Frame): string {
  const { epoch, firstSeq, asOfSeq, events } = frame
  if (frame.type === 'hello') {
    const limits = { maxUnackedBytes: 1024 * 1024, pingIntervalMs: 15_000 }
    return JSON.stringify({ type: 'welcome', ackedSeq: 0, want: 'snapshot', limits })
  }
  if (frame.type === 'snapshot') return JSON.stringify({ type: 'ack', epoch, seq: asOfSeq })
  for (const { seq, at, op, type, key, value } of events) {
    insert.run(node, seq, at, op, type, key, value === undefined ? null : JSON.stringify(value))
  }
  return JSON.stringify({ type: 'ack', epoch, seq: firstSeq + events.length - 1 })
}
