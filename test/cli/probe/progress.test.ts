import { PassThrough } from 'node:stream'
import t from 'tap'
import { Progress } from '../../../src/cli/probe/progress.ts'

function stream(isTTY: boolean) {
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  return { output, text: () => String(output.read() ?? '') }
}

t.test('draws on a terminal, and leaves nothing behind', async (t) => {
  const { output, text } = stream(true)

  {
    using progress = new Progress(output, 2)
    progress.advance()
  }

  const drawn = text()
  t.match(drawn, 'asking ports ░')
  t.match(drawn, '0/2')
  t.ok(drawn.endsWith('\r\u001b[K'))
})

t.test('writes nothing on a pipe', async (t) => {
  const { output, text } = stream(false)

  {
    using progress = new Progress(output, 1)
    progress.advance()
  }

  t.equal(text(), '')
})
