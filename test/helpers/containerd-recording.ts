import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { type Answers, refusal } from './containerd-fake.ts'

const FIXTURES = new URL('../fixtures/cri/', import.meta.url)

const recordedStatus = z.looseObject({
  status: z.looseObject({ id: z.string() }),
  info: z.object({ info: z.looseObject({}) }),
})
const recordedStatuses = z.record(z.string(), z.array(recordedStatus))

/**
 * The answers of a real containerd 2.1 on a Kubernetes 1.36 node (test/fixtures/cri). The recording shows the JSON in
 * the verbose info parsed; here it is text again.
 */
export function recordedAnswers(): Answers {
  const sandboxes = readStatuses('cri-pod-sandbox-status-verbose.json')
  const containers = readStatuses('cri-container-status-verbose.json')
  return {
    Version: () => readJson('cri-version.json'),
    ListPodSandbox: () => readJson('cri-list-pod-sandbox.json'),
    ListContainers: () => readJson('cri-list-containers.json'),
    PodSandboxStatus: ({ podSandboxId }) => sandboxes.get(podSandboxId ?? '') ?? refusal('NOT_FOUND'),
    ContainerStatus: ({ containerId }) => containers.get(containerId ?? '') ?? refusal('NOT_FOUND'),
  }
}

/** The recorded stream of GetContainerEvents: one pod's whole life. */
export function recordedEvents(): readonly object[] {
  const lines = readFileSync(new URL('cri-events.jsonl', FIXTURES), 'utf8').trim().split('\n')
  return lines.map((line) => z.looseObject({}).parse(JSON.parse(line)))
}

function readStatuses(file: string): ReadonlyMap<string, object> {
  const statuses = Object.values(recordedStatuses.parse(readJson(file))).flat()
  return new Map(statuses.map(({ status, info }) => [status.id, { status, info: { info: JSON.stringify(info.info) } }]))
}

function readJson(file: string): object {
  return z.looseObject({}).parse(JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')))
}
