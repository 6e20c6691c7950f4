import fc from 'fast-check'
import type { Random } from '../../test/helpers/random.ts'
import { hostileJson, mutate, nest, pick } from './values.ts'
import { type WireOptions, wireFrame } from './wire.ts'

/** Frames that are right, to begin from: those of the hostile agent itself, and what it caught of another. */
export interface Samples {
  readonly hello: string
  readonly snapshot: string
  readonly batch: string
  readonly stolen: readonly [string, ...string[]]
}

/** What ends a conversation, sooner or later; `isTorn` says that the other end waits for more of it. */
export interface Rough {
  readonly kind: string
  readonly wire: Buffer
  readonly isTorn?: boolean
}

const anyJson = fc.json({ maxDepth: 4 })
const anyText = fc.string({ unit: 'binary', maxLength: 200 })
const FRAMES_OF_COLLECTORS = ['welcome', 'ack', 'command', 'bye'] as const

/** Every way of being rough, one a line. */
const KINDS: Readonly<Record<string, (random: Random, samples: Samples) => Omit<Rough, 'kind'>>> = {
  mutated: (random, samples) => text(mutate(random, anyOf(random, samples))),
  'mutated often': (random, samples) => text(mutate(random, mutate(random, mutate(random, anyOf(random, samples))))),
  truncated: (random, samples) => text(cut(random, anyOf(random, samples))),
  'other bytes': (random, samples) => text(overwrite(random, anyOf(random, samples))),
  'any JSON': (random) => text(sample(anyJson, random)),
  'any text': (random) => text(sample(anyText, random)),
  'hostile JSON': (random) => text(hostileJson(random)),
  'names twice': (random, { batch }) => text(`{"type":${hostileJson(random)},${batch.slice(1)}`),
  prototype: (random, { batch }) => text(`{"__proto__":{"polluted":${hostileJson(random)}},${batch.slice(1)}`),
  deep: (random) => text(`{"type":"batch","events":${nest('', 1 + random.below(20_000))}}`),
  'wrong order': (random, { hello, snapshot, batch }) => text(pick(random, [batch, snapshot, hello, hello])),
  'wrong part': (random, { snapshot }) => text(snapshot.replace('"part":1', `"part":${random.below(400)}`)),
  replayed: (random, { stolen }) => text(pick(random, stolen)),
  'of a collector': (random) => text(`{"type":"${pick(random, FRAMES_OF_COLLECTORS)}","seq":1,"epoch":"x"}`),
  binary: (random, samples) => frame(anyOf(random, samples), { first: 0x82 }),
  unmasked: (random, samples) => frame(anyOf(random, samples), { isMasked: false }),
  'reserved bits': (random, samples) => frame(anyOf(random, samples), { first: 0x81 | (16 << random.below(3)) }),
  'reserved opcode': (random, samples) => frame(anyOf(random, samples), { first: 0x83 + random.below(5) }),
  'long control frame': (random) => frame('x'.repeat(126 + random.below(1000)), { first: 0x88 + random.below(3) }),
  'close code': (random) => frame(Buffer.from([random.below(256), random.below(256), 0xff]), { first: 0x88 }),
  'fragment of nothing': (random, samples) => frame(anyOf(random, samples), { first: 0x80 }),
  'endless length': (random) => ({ ...frame('x', { toldLength: 2 ** 40 + random.below(2 ** 20) }), isTorn: true }),
  'torn frame': (random, samples) => ({ ...tear(random, text(anyOf(random, samples)).wire), isTorn: true }),
  'byte soup': (random) => ({ wire: Buffer.from(bytes(random, 1 + random.below(300))), isTorn: true }),
}
const NAMES = Object.keys(KINDS)

/** A mebibyte and more: rare, for its price. */
const HUGE = wireFrame(`{"type":"batch","events":["${'x'.repeat(1024 * 1024)}"]}`)
const ONE_HUGE_IN = 1000

/** Draws what to end a conversation with. */
export function drawRough(random: Random, samples: Samples): Rough {
  if (random.below(ONE_HUGE_IN) === 0) return { kind: 'huge', wire: HUGE }
  const kind = NAMES[random.below(NAMES.length)] ?? 'mutated'
  const made = KINDS[kind]?.(random, samples)
  return made === undefined ? { kind: 'huge', wire: HUGE } : { kind, ...made }
}

function text(payload: string | Buffer): Omit<Rough, 'kind'> {
  return { wire: wireFrame(payload) }
}

function frame(payload: string | Buffer, options: WireOptions): Omit<Rough, 'kind'> {
  return { wire: wireFrame(payload, options) }
}

function tear(random: Random, wire: Buffer): Omit<Rough, 'kind'> {
  return { wire: wire.subarray(0, 1 + random.below(wire.length - 1)) }
}

function anyOf(random: Random, { hello, snapshot, batch }: Samples): string {
  return pick(random, [hello, snapshot, batch])
}

function cut(random: Random, json: string): Buffer {
  return Buffer.from(json).subarray(0, random.below(json.length))
}

function overwrite(random: Random, json: string): Buffer {
  const buffer = Buffer.from(json)
  for (const byte of bytes(random, 1 + random.below(8))) buffer[random.below(buffer.length)] = byte
  return buffer
}

function bytes(random: Random, length: number): number[] {
  return Array.from({ length }, () => random.below(256))
}

function sample(arbitrary: fc.Arbitrary<string>, random: Random): string {
  return fc.sample(arbitrary, { seed: random.below(2 ** 31), numRuns: 1 })[0] ?? ''
}
