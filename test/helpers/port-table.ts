import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'
import { answersCell } from '../../src/cli/render/answer.ts'
import type { Report } from '../../src/model/finding.ts'
import type { Port } from '../../src/model/port.ts'
import type { NodeSpace } from './node-space.ts'

/**
 * A row of a table of ports: place, mechanism, whose, declared by, reached from outside, the node and loopback, and what a
 * probe was told.
 */
export type ExpectedPort = readonly [string, string, string, string, string, string]

/** The host ports of a report that have a container, or lead somewhere. */
export function ports({ ports }: Report): Port[] {
  return ports.filter(({ owners, targets }) => targets.length > 0 || owners.some(({ containerId }) => containerId))
}

/** Those ports, one row each. */
export function portsOf(report: Report): ExpectedPort[] {
  const nameOf = (id: string | undefined) => report.containers.find((container) => container.id === id)?.name ?? '?'
  return ports(report).map((port) => {
    const { protocol, hostAddress, hostPort, hostPortEnd, mechanism, targets, owners, declaredBy, effective } = port
    const place = `${protocol} ${hostAddress}:${hostPort}${hostPortEnd === undefined ? '' : `-${hostPortEnd}`}`
    const id = targets[0]?.containerId ?? owners.find(({ containerId }) => containerId)?.containerId
    const declared = declaredBy.map(({ by, hostAddress: asked = '' }) => `${by} ${asked}`.trim()).join(', ')
    const { outside, node, loopback } = effective
    return [place, mechanism, nameOf(id), declared, `${outside}/${node}/${loopback}`, answersCell(port.probe).text]
  })
}

/** The rules that a container is hit by, each once. */
export function rulesOf({ findings, containers }: Report, name: string): string[] {
  const id = containers.find((container) => container.name === name)?.id
  return [...new Set(findings.filter(({ subject }) => subject.containerId === id).map(({ rule }) => rule))].toSorted()
}

/** Starts a server of the node's own, outside of every container, which says `host`. */
export async function startServer(t: Test, { enter }: NodeSpace, port: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-www-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'index.html'), 'host\n')
  const [command = '', ...args] = enter
  const serve = `busybox httpd -h ${folder} -p 0.0.0.0:${port} && echo ready && exec sleep 2147483647`
  // nsenter(1) forks for a pid namespace: without this its child would outlive it.
  const child = execa(command, [...args, 'setpriv', '--pdeathsig', 'KILL', 'sh', '-c', serve], { reject: false })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await child
  })
  await once(child.stdout, 'data')
}

/** The first finding of a rule. */
export function finding({ findings }: Report, rule: string) {
  return findings.find((found) => found.rule === rule)
}

const ASK = `fetch('http://' + process.argv[1] + ':' + process.argv[2] + '/', { signal: AbortSignal.timeout(3000) })
  .then((response) => response.text()).then(console.log, () => {})`

/** What a server says of itself, asked by HTTP from a net namespace; empty where none answers. */
export async function answer(from: readonly string[], address: string, port: number): Promise<string> {
  const [command = '', ...args] = from
  const { stdout } = await execa(command, [...args, process.execPath, '-e', ASK, address, `${port}`], {
    env: { NODE_OPTIONS: '' },
    reject: false,
  })
  return stdout.trim()
}
