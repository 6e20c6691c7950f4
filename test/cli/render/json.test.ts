import t from 'tap'
import { renderJson, renderNdjson } from '../../../src/cli/render/json.ts'
import { container, finding, gap, report } from '../../helpers/builders.ts'

const HOSTILE = 'a\u009b31m\u202e\u007f\u{e0001}\u001b日本'
const given = report({ containers: [container({ name: HOSTILE })], findings: [finding()], gaps: [gap()] })

t.test('renders a report that reads back the same', async (t) => {
  t.strictSame(JSON.parse(renderJson(given)), given)
})

t.test('writes as escapes what a terminal would obey', async (t) => {
  t.match(renderJson(given), 'a\\u009b31m\\u202e\\u007f\\udb40\\udc01\\u001b日本')
  t.notMatch(renderNdjson(given).replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
})

t.test('renders one row a line, the scan first', async (t) => {
  const rows = renderNdjson(given)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

  t.strictSame(
    rows.map(({ type }) => type),
    ['scan', 'gap', 'container', 'finding'],
  )
  t.strictSame(rows[2].value, given.containers[0])
  t.match(rows[0].value, { version: 1, node: given.node, baseline: given.baseline })
  t.notOk('containers' in rows[0].value)
})
