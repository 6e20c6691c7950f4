import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseSecurityLabel, readSecurityLabel } from '../../../src/sources/procfs/security-label.ts'

const TABLE: readonly (readonly [string, string, boolean])[] = [
  ['docker-default (enforce)\n', 'apparmor', true],
  ['cri-containerd.apparmor.d (enforce)\n', 'apparmor', true],
  ['docker-default (complain)\n', 'apparmor', false],
  ['/usr/bin/man (kill)', 'apparmor', true],
  ['snap.lxd.daemon (unconfined)\n', 'apparmor', false],
  ['unconfined\n', 'apparmor', false],
  ['outer//&:ns:inner (mixed)', 'apparmor', true],
  ['system_u:system_r:container_t:s0:c112,c841\0', 'selinux', true],
  ['system_u:system_r:spc_t:s0\0', 'selinux', false],
  ['unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\0', 'selinux', false],
  ['system_u:system_r:kernel_t', 'selinux', false],
  ['_', 'other', false],
  ['unconfined_t', 'other', false],
  ['', 'none', false],
  ['\n', 'none', false],
]

for (const [text, module, confines] of TABLE) {
  t.test(`takes ${JSON.stringify(text)} for ${module} that ${confines ? 'confines' : 'confines nothing'}`, (t) => {
    t.strictSame(parseSecurityLabel(text), { module, label: text.replace(/[\n\0]$/, ''), confines })
    t.end()
  })
}

t.test('cuts a profile name without end, not its mode, and is not misled by a mode inside a name', (t) => {
  const { label, confines } = parseSecurityLabel(`${'x'.repeat(60_000)} (enforce)\n`)

  t.equal(label.length, 256)
  t.ok(label.endsWith(' (enforce)'))
  t.equal(confines, true)
  t.equal(parseSecurityLabel('a (enforce) (complain)\n').confines, false)
  t.equal(parseSecurityLabel('line\nunconfined (enforce)\n').label, 'line\nunconfined (enforce)')
  t.end()
})

t.test('prefers AppArmor’s own file, and tells closed from absent', (t) => {
  const refuse = (code: string) => () => {
    throw Object.assign(new Error(code), { code })
  }
  const texts = new Map([
    ['d/attr/apparmor/current', 'docker-default (enforce)\n'],
    ['d/attr/current', 'system_u:system_r:spc_t:s0'],
  ])

  t.equal(readSecurityLabel((path) => texts.get(path) ?? '', 'd').module, 'apparmor')
  t.equal(
    readSecurityLabel((path) => (path.includes('apparmor') ? refuse('ENOENT')() : 'a:b:c'), 'd').module,
    'selinux',
  )
  t.equal(readSecurityLabel(refuse('EINVAL'), 'd').module, 'none', 'this kernel has no module that labels tasks')
  t.equal(readSecurityLabel(refuse('EACCES'), 'd').module, 'unknown')
  t.end()
})

t.test('reads the label of this very process as this kernel shows it', (t) => {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const shown = ['apparmor/current', 'current'].flatMap((file) => {
    try {
      return readFile(`/proc/self/attr/${file}`).replace(/[\n\0]+$/, '')
    } catch {
      return []
    }
  })

  t.equal(readSecurityLabel(readFile, '/proc/self').label, shown.find((text) => text !== '') ?? '')
  t.end()
})
