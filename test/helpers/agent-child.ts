import { connectTransport } from '../../src/transport/client.ts'
import { MemorySpool } from '../../src/transport/memory-spool.ts'
import { credentialsOf } from './client.ts'
import { putFinding } from './stream.ts'

// An agent as a process of its own, which a test can freeze: it tells of one finding and writes its log to stdout.
const [, , url = ''] = process.argv
const say = (fields: object, message: string) => void process.stdout.write(`${message} ${JSON.stringify(fields)}\n`)
const log = { info: say, warn: say }
const transport = connectTransport({
  url: new URL(url),
  readCredentials: async () => credentialsOf('agent-1'),
  identity: { agentId: 'agent-1', node: 'node-1', bootId: 'boot-1', version: '0.1.0' },
  spool: new MemorySpool({ log }),
  backoff: { firstMs: 10, mostMs: 100 },
  log,
})
transport.publish([putFinding('first')])
