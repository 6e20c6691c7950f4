import { readFileSync } from 'node:fs'
import t from 'tap'
import type { CgroupContainer } from '../../src/model/task.ts'
import { parseCgroup } from '../../src/sources/cgroups.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const UID = '34806e2f-0a29-4902-84ca-b67736179f6e'
const UNDERSCORED = UID.replaceAll('-', '_')
const STATIC_UID = 'bf29122ebe9d5cb0951e7b33db2b3082'
const SLICE = `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNDERSCORED}.slice`

const PATHS: readonly (readonly [string, string, CgroupContainer])[] = [
  ['Docker, cgroupfs driver', `/docker/${A}`, { id: A, runtime: 'docker' }],
  ['Docker, systemd driver', `/system.slice/docker-${A}.scope`, { id: A, runtime: 'docker' }],
  ['Docker under another parent', `/mine/docker/${A}`, { id: A, runtime: 'docker' }],
  [
    'containerd for the kubelet, cgroupfs',
    `/kubepods/besteffort/pod${UID}/${A}`,
    { id: A, runtime: 'unknown', podUid: UID },
  ],
  ['a Guaranteed pod, cgroupfs', `/kubepods/pod${UID}/${A}`, { id: A, runtime: 'unknown', podUid: UID }],
  [
    'a static pod, cgroupfs',
    `/kubepods/burstable/pod${STATIC_UID}/${A}`,
    { id: A, runtime: 'unknown', podUid: STATIC_UID },
  ],
  ['containerd, systemd driver', `${SLICE}/cri-containerd-${A}.scope`, { id: A, runtime: 'containerd', podUid: UID }],
  [
    'a Guaranteed static pod, systemd',
    `/kubepods.slice/kubepods-pod${STATIC_UID}.slice/cri-containerd-${A}.scope`,
    { id: A, runtime: 'containerd', podUid: STATIC_UID },
  ],
  [
    'containerd without its systemd driver beside a kubelet with it',
    `/system.slice/containerd.service/kubepods-besteffort-pod${UNDERSCORED}.slice:cri-containerd:${A}`,
    { id: A, runtime: 'containerd', podUid: UID },
  ],
  ['cri-dockerd, systemd', `${SLICE}/docker-${A}.scope`, { id: A, runtime: 'docker', podUid: UID }],
  ['CRI-O, systemd', `${SLICE}/crio-${A}.scope`, { id: A, runtime: 'cri-o', podUid: UID }],
  ['CRI-O, cgroupfs', `/kubepods/besteffort/pod${UID}/crio-${A}`, { id: A, runtime: 'cri-o', podUid: UID }],
  ['podman, systemd', `/machine.slice/libpod-${A}.scope`, { id: A, runtime: 'podman' }],
  ['podman with systemd inside', `/machine.slice/libpod-${A}.scope/container`, { id: A, runtime: 'podman' }],
  ['podman, cgroupfs', `/libpod_parent/libpod-${A}`, { id: A, runtime: 'podman' }],
  ['a podman pod, cgroupfs', `/libpod_parent/${B}/libpod-${A}`, { id: A, runtime: 'podman' }],
  [
    'a podman pod, systemd',
    `/machine.slice/machine-libpod_pod_${B}.slice/libpod-${A}.scope`,
    { id: A, runtime: 'podman' },
  ],
  ['a Quadlet unit', `/system.slice/web.service/libpod-payload-${A}`, { id: A, runtime: 'podman' }],
  [
    'rootless podman',
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${A}.scope/container`,
    { id: A, runtime: 'podman' },
  ],
  ['nerdctl', `/system.slice/nerdctl-${A}.scope`, { id: A, runtime: 'containerd' }],
  ['seen from a private cgroup namespace', `/../${A}`, { id: A, runtime: 'unknown' }],
  ['a neighbour pod, seen from inside one', `/../../pod${UID}/${A}`, { id: A, runtime: 'unknown', podUid: UID }],
  [
    'a pod on a kind node, seen from the machine',
    `/docker/${B}/kubelet/kubepods/besteffort/pod${UID}/${A}`,
    { id: A, runtime: 'unknown', podUid: UID, parent: B },
  ],
  [
    'a pod on a kind node, systemd',
    `/docker/${B}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${UNDERSCORED}.slice/cri-containerd-${A}.scope`,
    { id: A, runtime: 'containerd', podUid: UID, parent: B },
  ],
  ['Docker in Docker', `/docker/${B}/docker/${A}`, { id: A, runtime: 'docker', parent: B }],
  [
    'a pod’s container in which Docker runs',
    `/kubepods/pod${UID}/${B}/docker/${A}`,
    { id: A, runtime: 'docker', parent: B },
  ],
  ['a cgroup below the container’s', `/docker/${A}/init.scope/deeper`, { id: A, runtime: 'docker' }],
]

for (const [what, path, container] of PATHS) {
  t.test(`finds the container of ${what}`, (t) => {
    t.strictSame(parseCgroup(`0::${path}\n`), container, 'v2')
    t.strictSame(parseCgroup(`12:cpu,cpuacct:${path}\n1:name=systemd:${path}\n`), container, 'v1')
    t.strictSame(
      parseCgroup(`3:devices:/\n1:name=systemd:${path}\n0::/\n`),
      container,
      'hybrid, not in every hierarchy',
    )
    t.end()
  })
}

const NOBODYS: readonly (readonly [string, string])[] = [
  ['a root', '/'],
  ['a host service', '/system.slice/containerd.service'],
  ['a login session', '/user.slice/user-1000.slice/session-1.scope'],
  ['the node’s init', '/init.scope'],
  ['podman’s monitor', `/machine.slice/libpod-conmon-${A}.scope`],
  ['podman’s monitor, cgroupfs', `/libpod_parent/conmon`],
  ['CRI-O’s monitor', `${SLICE}/crio-conmon-${A}.scope`],
  ['a podman pod alone', `/libpod_parent/${A}`],
  ['a pod alone', `/kubepods/besteffort/pod${UID}`],
  ['a relative root', '/../..'],
  ['digits too few', `/docker/${A.slice(1)}`],
  ['digits too many', `/docker/${A}a`],
  ['digits in capitals', `/docker/${A.toUpperCase()}`],
  ['an id that is only part of a name', `/docker/x${A}`],
]

for (const [what, path] of NOBODYS) {
  t.test(`finds no container in the path of ${what}`, (t) => {
    t.equal(parseCgroup(`0::${path}\n`), null)
    t.end()
  })
}

t.test('finds every container of a real node, each pod’s uid with it', (t) => {
  const file = '../fixtures/cgroup/kubernetes-1.36-containerd-2.1-cgroupfs-hybrid.txt'
  const sections = readFileSync(new URL(file, import.meta.url), 'utf8')
    .split(/^## /m)
    .slice(1)
  const found = new Map(
    sections.map((text) => [/^\S+(?: \[\S+\])?/.exec(text)?.[0], parseCgroup(text.replace(/^.*\n/, ''))]),
  )

  t.equal(found.size, 13)
  t.strictSame(found.get('default/plain/simpleweb'), {
    id: 'bd3515ea79e467a4c2e82e5d521aa7881ade97810ae5ef939b04dd1257c618b0',
    runtime: 'unknown',
    podUid: 'e09454fb-9f57-45ae-bc0e-72e4eedf049d',
  })
  t.equal(found.get('kube-system/static-web-node-1/static-web')?.podUid, STATIC_UID)
  t.equal(found.get('default/shared-pid/web')?.podUid, found.get('default/shared-pid [sandbox/pause]')?.podUid)
  t.equal(new Set([...found.values()].map((container) => container?.id)).size, 13, 'each its own')
  t.end()
})
