import type { Answer } from './fake-docker.ts'

/** An answer of podman's own /containers/ID/json, as 4.3 gives it, with what the source reads of it. */
export function podmanInspection({ id = 'a'.repeat(64), ...more }: { id?: string; [field: string]: unknown } = {}) {
  return {
    Id: id,
    Name: 'web',
    RestartCount: 0,
    State: { Status: 'running', Pid: 4711, StartedAt: '2026-11-23T07:15:21.604672368Z' },
    Config: { Image: 'localhost/busybox:1', Labels: null },
    OCIRuntime: 'crun',
    Pod: '',
    IsInfra: false,
    HostConfig: hostConfig(),
    NetworkSettings: { Ports: {} },
    ...more,
  }
}

/** Modes as podman writes them where nobody asked for any. */
export function hostConfig(modes: Readonly<Record<string, unknown>> = {}) {
  return {
    NetworkMode: 'bridge',
    PidMode: 'private',
    IpcMode: 'private',
    UTSMode: 'private',
    UsernsMode: '',
    CgroupMode: 'private',
    Runtime: 'oci',
    PortBindings: {},
    ...modes,
  }
}

export type PodmanSample = ReturnType<typeof podmanInspection>

/** Answers the API of a podman whose containers are these inspections. */
export function answerPodman(containers: readonly PodmanSample[], version = '5.4.0'): Answer {
  return (response, path) => {
    const id = /^\/v4\.0\.0\/libpod\/containers\/(?<id>[0-9a-f]+)\/json$/.exec(path)?.groups?.['id']
    const found = containers.find(({ Id }) => Id === id)
    if (path === '/version') response.end(JSON.stringify({ Version: version }))
    else if (path === '/v4.0.0/libpod/containers/json') response.end(JSON.stringify(containers.map(listRow)))
    else if (found) response.end(JSON.stringify(found))
    else response.writeHead(404).end('{}')
  }
}

function listRow({ Id, Name, Config, State, Pod, IsInfra }: PodmanSample) {
  return { Id, Names: [Name], Image: Config.Image, State: State.Status, Labels: null, Pod, IsInfra }
}
