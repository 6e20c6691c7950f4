import type { Container } from '../../src/model/container.ts'
import type { Report } from '../../src/model/finding.ts'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { createHostSource } from '../../src/sources/host.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import type { Dockerd } from './dockerd.ts'
import { scanMachine } from './scan-machine.ts'

/** Makes the scan of this machine and of one Docker, as the command does. */
export function scanner({ socketPath }: Pick<Dockerd, 'socketPath'>): () => Promise<Report> {
  const deps = {
    tasks: new Procfs('/proc'),
    runtimes: [createDockerSource({ socketPath, timeoutMs: 20_000, required: true })],
    node: createHostSource({ procRoot: '/proc', nodeName: 'node-1' }),
  }
  return () => scanMachine(deps)
}

export function containerOf({ containers }: Report, id: string): Container {
  const found = containers.find((container) => container.id === id)
  if (found === undefined) throw new Error(`no container ${id} in the report`)
  return found
}

/** Rule and fact of each finding about a container. */
export function findingsOf({ findings }: Report, id: string): string[] {
  return findings.filter(({ subject }) => subject.containerId === id).map(({ rule, fact }) => `${rule} ${fact}`)
}
