import t from 'tap'
import { flagOf, parseConfig, variableOf } from '../../src/cli/config.ts'
import { choice, duration, flag, outputSettings, scanSettings, spoolSettings } from '../../src/cli/settings.ts'

t.test('derives flags and variables from a setting name', async (t) => {
  t.equal(flagOf('dockerSocket'), '--docker-socket')
  t.equal(variableOf('dockerSocket'), 'NSENTINEL_DOCKER_SOCKET')
})

t.test('takes flags over environment over defaults', async (t) => {
  const settings = { output: choice(['table', 'json'], 'table', '') }
  const env = { NSENTINEL_OUTPUT: 'json' }

  t.strictSame(parseConfig(settings, { flags: {}, env: {} }), { output: 'table' })
  t.strictSame(parseConfig(settings, { flags: {}, env }), { output: 'json' })
  t.strictSame(parseConfig(settings, { flags: { output: 'table' }, env }), { output: 'table' })
  t.strictSame(parseConfig(settings, { flags: {}, env: { NSENTINEL_OUTPUT: '' } }), { output: 'table' })
})

t.test('gives a frozen config', async (t) => {
  t.ok(Object.isFrozen(parseConfig(scanSettings, { flags: {}, env: {} })))
})

t.test('names flag or variable, expectation and value', async (t) => {
  t.throws(() => parseConfig(outputSettings, { flags: { failOn: 'worst' }, env: {} }), {
    code: 'usage',
    message: '--fail-on: expected one of info, low, medium, high, critical, got "worst"',
  })
  t.throws(() => parseConfig(outputSettings, { flags: {}, env: { NSENTINEL_OUTPUT: 'xml' } }), {
    message: 'NSENTINEL_OUTPUT: expected one of table, json, ndjson, got "xml"',
  })
  t.throws(() => parseConfig(outputSettings, { flags: { container: '' }, env: {} }), {
    message: '--container: expected the name or the beginning of the id of a container, got ""',
  })
})

t.test('reads lengths of time', async (t) => {
  const settings = { timeout: duration('30s', '') }
  const read = (timeout: string) => parseConfig(settings, { flags: { timeout }, env: {} }).timeout

  t.equal(parseConfig(settings, { flags: {}, env: {} }).timeout, 30_000)
  t.equal(read('500ms'), 500)
  t.equal(read('2m'), 120_000)
  t.equal(read('1h'), 3_600_000)
  for (const wrong of ['30', '0s', '-1s', '1.5s', 's', '9999999999s', '25h', '5d']) {
    t.throws(() => read(wrong), {
      message: `--timeout: expected a length of time such as 500ms, 30s or 2m, up to 24h, got "${wrong}"`,
    })
  }
})

t.test('reads ages and sizes', async (t) => {
  const read = (flags: Record<string, string>) => parseConfig(spoolSettings, { flags, env: {} })

  t.match(read({}), { spoolAge: 7 * 86_400_000, spoolSize: 64 * 2 ** 20 })
  t.match(read({ spoolAge: '90m', spoolSize: '512KiB' }), { spoolAge: 5_400_000, spoolSize: 524_288 })
  for (const wrong of ['7', '0d', '1.5d', '7w', '12345d']) {
    t.throws(() => read({ spoolAge: wrong }), {
      message: `--spool-age: expected an age such as 90m, 12h or 7d, got "${wrong}"`,
    })
  }
  for (const wrong of ['64', '64MB', '0MiB', '-1MiB', '1.5GiB']) {
    t.throws(() => read({ spoolSize: wrong }), {
      message: `--spool-size: expected a size such as 512KiB, 64MiB or 2GiB, got "${wrong}"`,
    })
  }
})

t.test('reads switches from the environment as true or false', async (t) => {
  const settings = { nestedNode: flag('') }
  const read = (word: string) => parseConfig(settings, { flags: {}, env: { NSENTINEL_NESTED_NODE: word } }).nestedNode

  t.equal(read('true'), true)
  t.equal(read('0'), false)
  t.throws(() => read('maybe'), { message: 'NSENTINEL_NESTED_NODE: expected true or false, got "maybe"' })
})
