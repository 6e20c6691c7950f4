import t from 'tap'
import { MAX_FRAME_BYTES } from '../../src/transport/protocol.ts'
import { cutText } from '../../src/transport/reply-parts.ts'

t.test('cuts a text into parts that each fit into a frame, whatever is in it', async (t) => {
  for (const unit of ['a', '"', '\\', 'é', '\u2028', '\u{1f600}', 'a\u{1f600}']) {
    const text = unit.repeat(300_000)
    const parts = cutText(text)

    t.equal(parts.join(''), text)
    t.ok(parts.every((part) => part.isWellFormed()))
    t.ok(parts.every((part) => Buffer.byteLength(JSON.stringify({ id: 'x'.repeat(64), part })) < MAX_FRAME_BYTES))
  }
})

t.test('leaves a short text whole', async (t) => {
  t.strictSame(cutText('{}'), ['{}'])
})
