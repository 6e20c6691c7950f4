import { t } from 'tap'
import { emptyStore, startCollector } from '../helpers/collector.ts'

t.test('takes the longest name that a node may have, and refuses a name that no store can look up', async (t) => {
  const asked: unknown[] = []
  const readNode = async (...args: unknown[]) => {
    asked.push(...args)
    return null
  }
  const collector = await startCollector(t, { store: emptyStore({ readNode }) })
  const answerTo = async (path: string) => (await collector.api(path)).json()
  const longest = '\u{1f600}'.repeat(126)

  t.match(await answerTo(`/api/v1/nodes/${encodeURIComponent(longest)}`), { status: 404 })
  t.strictSame(asked, [longest])
  t.match(await answerTo('/api/v1/nodes/a%00b'), { status: 400, parameters: [{ problem: 'holds a NUL character' }] })
  t.match(await answerTo('/api/v1/findings?node=a%00b'), { status: 400, code: 'invalid-parameter' })
  t.match(await answerTo('/api/v1/events?key=%00'), { status: 400, code: 'invalid-parameter' })
  const unreadable = await collector.api('/api/v1/nodes/%ED%A0%80')
  t.match(await unreadable.json(), { status: 400, code: 'bad-request' })
  t.match(unreadable.headers.get('content-security-policy'), "default-src 'none'")
  t.equal(asked.length, 1)
})
