import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { OWN_TOKEN, startApiServer } from './api-server.ts'
import { makeAuthority } from './authority.ts'
import type { Folders } from './pod-spec.ts'

/** The name that agents call the collector by. */
export const SERVICE = 'nsentinel-collector.nsentinel.svc'
const API_TOKEN = randomBytes(32).toString('hex')
/** fsGroup of the collector. */
const COLLECTOR_GROUP = 65_532

/** Makes what a cluster and an overlay put into the pods, by the names of the volumes, and an API server at an address. */
export async function makeCluster(t: Test, address: string) {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(root, { recursive: true }))
  const authority = await makeAuthority(root)
  const api = await startApiServer(t, await authority.issue({ name: 'api', altNames: `IP:${address}` }), address)
  const tls = await authority.issue({ name: 'collector', altNames: `DNS:${SERVICE}` })
  const [ca, cert, key] = await Promise.all([authority.ca, tls.cert, tls.key].map((file) => readFile(file, 'utf8')))
  const files = {
    ca: { 'ca.crt': ca },
    token: { token: api.issue({ node: 'node-1' }) },
    tls: { 'tls.crt': cert, 'tls.key': key },
    'api-server': { 'ca.crt': ca, token: OWN_TOKEN },
    api: { tokens: API_TOKEN },
  }
  for (const [volume, entries] of Object.entries(files)) {
    await mkdir(join(root, volume))
    for (const [name, text = ''] of Object.entries(entries)) {
      await writeFile(join(root, volume, name), text, { mode: 0o440 })
      await chown(join(root, volume, name), 0, COLLECTOR_GROUP)
    }
  }
  const env = ['--env', `KUBERNETES_SERVICE_HOST=${address}`, '--env', `KUBERNETES_SERVICE_PORT=${api.url.port}`]
  return { ca: ca ?? '', env, folders: foldersIn(root, Object.keys(files)) }
}

function foldersIn(root: string, names: readonly string[]): Folders {
  return Object.fromEntries(names.map((name) => [name, join(root, name)]))
}

/** Asks the collector behind an address by the name of its Service; undefined where it does not answer, or not well. */
export async function askOver(ca: string, address: string, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${API_TOKEN}` }
  const asking = get({ host: address, port: 7433, path, headers, ca, servername: SERVICE, agent: false })
  const [response] = await once(asking, 'response').catch(() => [undefined])
  if (!(response instanceof IncomingMessage)) return undefined
  const text = Buffer.concat(await response.toArray()).toString()
  return response.statusCode === 200 ? JSON.parse(text) : undefined
}
