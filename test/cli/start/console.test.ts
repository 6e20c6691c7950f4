import { PassThrough } from 'node:stream'
import t from 'tap'
import { Console } from '../../../src/cli/start/console.ts'
import { until } from '../../helpers/until.ts'

function streams(isTTY: boolean) {
  let out = ''
  let err = ''
  const stdout = new PassThrough().on('data', (chunk) => {
    out += chunk
  })
  const stderr = new PassThrough().on('data', (chunk) => {
    err += chunk
  })
  return { io: { stdout, stderr: Object.assign(stderr, { isTTY }) }, out: () => out, err: () => err }
}

t.test('says once on a pipe that something goes on', async (t) => {
  const { io, out, err } = streams(false)
  const console = new Console(io)

  console.begin('looking')
  console.result('done')
  console.note('noted')
  console.end()

  t.equal(out(), 'done\n')
  t.equal(err(), 'looking\nnoted\n')
})

t.test('draws a line with seconds on a terminal, which gives way and goes', async (t) => {
  const { io, out, err } = streams(true)
  const console = new Console(io)

  console.begin('looking')
  await until(() => err().includes('looking 0.') || undefined)
  const before = err().length
  console.note('agent runs')
  console.result('found')
  console.end()

  t.equal(out(), 'found\n')
  t.equal(err().slice(before), '\r\x1b[Kagent runs\n\r\x1b[K\r\x1b[K')
  console.note('quiet again')
  t.ok(err().endsWith('\x1b[Kquiet again\n'))
})
