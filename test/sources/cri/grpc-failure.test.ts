import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import { failureOf } from '../../../src/sources/cri/grpc-failure.ts'

t.test('says why a call failed, less what differs from call to call', async (t) => {
  const late = 'Deadline exceeded after 5.001s,name resolution: 0.050s,metadata filters: 0.001s,Waiting for LB pick'
  const lost = 'No connection established. Last error: Protocol error (2026-11-27T04:54:54.373Z). Resolution note: '

  t.strictSame(failureOf({ code: 4, details: late }), { reason: 'timeout', detail: 'Deadline exceeded' })
  t.match(failureOf({ code: 14, details: lost }), { reason: 'gone', detail: /Last error: Protocol error\. Resol/ })
  t.strictSame(failureOf({ code: 2, details: 'after 3 tries' }), { reason: 'malformed', detail: 'after 3 tries' })
})

t.test('gives the same gap at every look at a runtime that hangs, and at one that speaks something else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const answer of ['', 'HTTP/1.1 200 OK\r\n\r\n']) {
    const socketPath = join(folder, `s${answer.length}`)
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', () => socket.write(answer))
      t.teardown(() => socket.destroy())
    }).listen(socketPath)
    t.teardown(() => server.close())
    const source = createCriSource({ socketPath, required: true, timeoutMs: 300 })
    const look = async () => (await source.list(AbortSignal.timeout(30_000))).gaps

    const first = await look()
    t.equal(first.length, 1)
    t.strictSame(await look(), first)
  }
})
