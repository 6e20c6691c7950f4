import { t } from 'tap'
import { nameOfPlace } from '../../src/cli/store-place.ts'

t.test('names a database without its password, whatever that holds, and without its options', async (t) => {
  const named: readonly (readonly [string, string])[] = [
    ['postgres://user:secret@host/database', 'postgres://host/database'],
    ['postgres://user:sec/re@t@host/database?sslpassword=secret', 'postgres://host/database'],
    ['postgresql://host:5432/database', 'postgresql://host:5432/database'],
    ['postgres://user@/database?host=/run/postgresql', 'postgres:///database'],
  ]
  for (const [url, name] of named) t.equal(nameOfPlace({ kind: 'postgres', url }), name)
})
