import { PassThrough } from 'node:stream'
import t from 'tap'
import { columnsOf } from '../../src/cli/io.ts'

const terminal = (columns: number) => Object.assign(new PassThrough(), { columns })

t.test('takes the width of the terminal, or what COLUMNS says', async (t) => {
  t.equal(columnsOf(terminal(100), {}), 100)
  t.equal(columnsOf(terminal(100), { COLUMNS: '80' }), 80)
  t.equal(columnsOf(terminal(100), { COLUMNS: 'wide' }), 100)
  t.equal(columnsOf(new PassThrough(), { COLUMNS: '80' }), 80)
})

t.test('has no limit on a pipe, nor on a terminal without a size', async (t) => {
  t.equal(columnsOf(new PassThrough(), {}), Number.POSITIVE_INFINITY)
  t.equal(columnsOf(terminal(0), {}), Number.POSITIVE_INFINITY)
})

t.test('lays nothing out in less than 40 cells', async (t) => {
  t.equal(columnsOf(terminal(7), {}), 40)
})
