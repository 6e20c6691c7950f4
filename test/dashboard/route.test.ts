import t from 'tap'
import { formatRoute, parseRoute } from '../../src/dashboard/route.ts'

t.test('reads the page and what it is narrowed to from the hash', async (t) => {
  t.strictSame(parseRoute(''), { page: '', query: {} })
  t.strictSame(parseRoute('#/'), { page: '', query: {} })
  t.strictSame(parseRoute('#/containers?node=a%26b&search=x+y'), {
    page: 'containers',
    query: { node: 'a&b', search: 'x y' },
  })
})

t.test('writes what it reads, and leaves out what is empty', async (t) => {
  const route = { page: 'ports', query: { node: 'a&b?#', port: '80' } }

  t.strictSame(parseRoute(formatRoute(route)), route)
  t.equal(formatRoute({ page: '', query: { node: '', search: '' } }), '#/')
})
