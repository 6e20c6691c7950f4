import { readFile } from 'node:fs/promises'
import t from 'tap'
import { loadPolicy } from '../../src/policy/load.ts'
import { packs } from '../../src/policy/packs/index.ts'
import { rules } from '../../src/rules/index.ts'

const text = await readFile(new URL('../../docs/policy.md', import.meta.url), 'utf8')

t.test('shows a policy file that is right', async (t) => {
  const example = /```yaml\n(?<file>.*?)```/s.exec(text)?.groups?.['file'] ?? ''
  const loaded = loadPolicy(
    example,
    rules.map(({ id }) => id),
  )

  t.match(loaded, { ok: true, policy: { packs: ['nsentinel', 'kubeadm', 'calico'] } })
})

t.test('names every pack, and every port that a pack accepts', async (t) => {
  for (const { name, exceptions } of packs) {
    const rows = new RegExp(`^\\| \`${name}\` .*\\n(?:\\| \\|.*\\n)*`, 'm').exec(text)?.[0] ?? ''
    const ports = exceptions.flatMap(({ match }) => match.port ?? [])
    t.not(rows, '', name)
    for (const port of ports) t.match(rows, new RegExp(`\\b${port}\\b`), `${name} ${port}`)
  }
})
