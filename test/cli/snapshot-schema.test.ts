import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { parseSnapshot, reportJsonSchema } from '../../src/cli/snapshot-schema.ts'
import { container, finding, gap, port, privileges, report, snapshot } from '../helpers/builders.ts'

const full = snapshot({
  containers: [
    container({
      parent: 'p',
      sandboxId: 's',
      sharing: {
        net: {
          observed: 'mixed',
          others: [{ relation: 'host', inode: 1, tasks: [{ pid: 1, tid: 1, startTime: 1, comm: 'x' }], total: 1 }],
        },
      },
    }),
  ],
  reach: {
    net: {
      loopbackListeners: { items: ['tcp/127.0.0.1/10248'], total: 2 },
      abstractSockets: 'unknown',
      interfaces: { items: [{ name: 'eth0', addresses: { items: ['192.0.2.10'], total: 1 } }], total: 1 },
    },
    pid: { hostProcesses: { items: ['kubelet'], total: 1 } },
    ipc: {
      sharedMemory: { items: [{ key: '0x0052e2c1', uid: 70, mode: '600' }], total: 1 },
      semaphores: 'unknown',
      messageQueues: { items: [], total: 0 },
      posixQueues: 'unknown',
    },
  },
  gaps: [gap({ detail: 'x', affects: ['net'] })],
  ports: [port({ hostPortEnd: 9010, owners: [{ role: 'target', comm: 'x', pid: 1, pod: 'a/b', containerId: 'c' }] })],
  listeners: [{ netInode: 1, family: 'dual', address: '::', port: 80, protocol: 'tcp', socketInode: 2, owners: [] }],
})

t.test('reads back every field of a saved snapshot', async (t) => {
  t.strictSame(parseSnapshot(JSON.stringify(full)), full)
})

t.test('reads the JSON of a scan without its findings', async (t) => {
  t.strictSame(parseSnapshot(JSON.stringify({ ...full, findings: [finding()] })), full)
})

t.test('says in one line what is wrong with another file', async (t) => {
  const wrong = (text: string) => t.throws(() => parseSnapshot(text), { message: /^not [^\n]+$/ })

  wrong('')
  wrong('{"version":1')
  wrong('[]')
  wrong('null')
  wrong(JSON.stringify({ ...full, version: 2 }))
  wrong(JSON.stringify({ ...full, takenAt: 1e300 }))
  wrong(JSON.stringify({ ...full, containers: [{ ...full.containers[0], sharing: {} }] }))
  wrong(
    JSON.stringify({
      ...full,
      containers: [container({ privileges: privileges({ effectiveCapabilities: 'zz' }) })],
    }),
  )
})

t.test('names the place of what is wrong', async (t) => {
  t.throws(() => parseSnapshot(JSON.stringify({ ...full, node: { ...full.node, uid: -1 } })), {
    message: /^not a snapshot of version 1: node\.uid: /,
  })
})

t.test('publishes a JSON schema that takes a report and refuses another shape', async (t) => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(reportJsonSchema())
  const judged = report({ ...full, findings: [finding()] })

  t.ok(validate(judged), JSON.stringify(validate.errors))
  t.notOk(validate({ ...judged, secret: 'environment' }))
  t.notOk(validate({ ...judged, findings: [{ ...finding(), severity: 'huge' }] }))
})
