import { createServer } from 'node:http'
import { createIngest } from '../../src/collector/ingest.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { createHub } from '../../src/transport/hub.ts'
import { proofIn } from './hub.ts'
import { quiet } from './stream.ts'

// A hub as a process of its own, which a test can freeze: it writes its port to stdout and pings often.
const store = await openSqliteStore({ path: ':memory:', now: Date.now })
const hub = createHub({
  ingest: createIngest({ store, onChanged: () => undefined }),
  limits: { pingIntervalMs: 100 },
  log: quiet,
})
const server = createServer().on('upgrade', (request, socket, head) =>
  hub.accept(request, socket, head, { proof: proofIn(request), address: '127.0.0.1' }),
)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`))
