#!/usr/bin/env node
const OLDEST_NODE = 24

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`nsentinel: needs Node.js ${OLDEST_NODE} or newer, this is ${process.versions.node}\n`)
  process.exitCode = 2
} else {
  // Loaded late: an older Node.js would fail on what it imports before it could say so.
  const { run } = await import('./run.ts')
  process.exitCode = await run(process)
}
