import { t } from 'tap'
import { lookUp } from '../../src/model/look-up.ts'

t.test('finds what a table holds, and nothing that every object inherits', async (t) => {
  const table = { tcp: 6 }

  t.equal(lookUp(table, 'tcp'), 6)
  for (const name of ['udp', 'constructor', 'toString', '__proto__', '']) t.equal(lookUp(table, name), undefined, name)
})
