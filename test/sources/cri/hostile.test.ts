import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import { answerWith, beginAnswer, hostileHttp2, hostileSocket } from '../../helpers/containerd-hostile.ts'
import { until } from '../../helpers/containerd-until.ts'

const signal = AbortSignal.timeout(120_000)
const TIMEOUT_MS = 1000
/** What a busy machine may add to a timeout. */
const SLACK_MS = 5000

t.test('gives a gap within the timeout when what listens', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 << 20))
  const servers: Readonly<Record<string, readonly [string, string]>> = {
    'says nothing': ['timeout', await hostileSocket(t, () => undefined)],
    'hangs up': ['gone', await hostileSocket(t, (socket) => socket.destroy())],
    'speaks something else': ['gone', await hostileSocket(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))],
    'sends noise without end': ['gone', await hostileSocket(t, (socket) => pour(socket))],
    'never answers a call': ['timeout', await hostileHttp2(t, () => undefined)],
    'answers no gRPC': ['malformed', await hostileHttp2(t, (stream) => stream.end('no'))],
    'answers no protobuf': ['malformed', await hostileHttp2(t, (stream) => answerWith(stream, Buffer.alloc(64, 255)))],
    'stops amid an answer': ['timeout', await hostileHttp2(t, (stream) => beginAnswer(stream, 1000))],
    'answers a gigabyte': [
      'too-large',
      await hostileHttp2(t, (stream) => {
        beginAnswer(stream, 1 << 30)
        pour(stream)
      }),
    ],
    'answers a little that unpacks to much': [
      'too-large',
      await hostileHttp2(t, (stream) => answerWith(stream, bomb, { 'grpc-encoding': 'gzip' })),
    ],
  }
  for (const [what, [reason, socketPath]] of Object.entries(servers)) {
    t.test(what, async (t) => {
      const startedAt = Date.now()
      const report = await createCriSource({ socketPath, timeoutMs: TIMEOUT_MS }).list(signal)

      t.match(report, { containers: [], gaps: [{ source: 'cri', subject: socketPath, reason, affects: '*' }] })
      t.ok(Date.now() - startedAt < TIMEOUT_MS + SLACK_MS)
    })
  }
})

t.test('keeps no connection to what does not answer', async (t) => {
  for (const socketPath of [await hostileSocket(t, () => undefined), await hostileHttp2(t, () => undefined)]) {
    const source = createCriSource({ socketPath, timeoutMs: 50 })
    await source.list(signal)
    const before = openFiles()
    for (let round = 0; round < 20; round++) await source.list(signal)
    await until(
      () => openFiles() <= before,
      () => `${openFiles()} open files, ${before} before`,
    )
    t.pass()
  }
})

t.test('ends a list with its signal', async (t) => {
  const source = createCriSource({ socketPath: await hostileSocket(t, () => undefined), timeoutMs: 60_000 })
  const startedAt = Date.now()

  await t.rejects(source.list(AbortSignal.timeout(100)), { name: 'TimeoutError' })
  t.ok(Date.now() - startedAt < SLACK_MS)
})

function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}

/** Writes noise as fast as it is taken, until the other end hangs up. */
function pour(stream: Socket | Writable): void {
  const noise = randomBytes(1 << 16)
  const fill = () => {
    while (!stream.destroyed && stream.write(noise));
  }
  stream.on('drain', fill)
  fill()
}
