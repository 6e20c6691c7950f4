import { hashOf } from '../../src/collector/auth/secret.ts'
import type { Random } from '../../test/helpers/random.ts'
import { putFinding, testStream } from '../../test/helpers/stream.ts'
import { drawRough, type Samples } from './rough.ts'
import { hostileJson, mutate, pick } from './values.ts'
import { type Shown, wireFrame, wireHandshake } from './wire.ts'

/** One connection of somebody hostile, written down before it begins. */
export interface Visit {
  readonly kind: string
  /** What it begins with, up to the last frame that is acknowledged. */
  readonly first: Buffer
  /** What follows when all these acks have come. */
  readonly last: Buffer
  /** How many acks must come before it ends. */
  readonly acks: number
  /** How many hostile frames or handshakes are in it. */
  readonly frames: number
  /** The other end waits for more, so it is cut here. */
  readonly isTorn: boolean
}

export interface Stage {
  readonly token: string
  /** The agent whom they would like to be. */
  readonly victim: { readonly agentId: string; readonly node: string }
  /** Frames of that agent. */
  readonly stolen: readonly [string, ...string[]]
}

/** Whatever came before, this is no frame. */
const LAST = wireFrame('{"type":"over"}')
const MOST_MILD = 60

export function secretOf(name: string): string {
  return hashOf(`secret of ${name}`).toString('base64url')
}

/** Draws a connection of the agent of this name: refused at the door, at its hello, or after some frames. */
export function drawVisit(random: Random, name: string, stage: Stage): Visit {
  const way = random.below(10)
  if (way === 0) return atTheDoor(random, name, stage)
  if (way === 1) return withForgedHello(random, name, stage)
  return inside(random, name, stage, way < 5)
}

function atTheDoor(random: Random, name: string, { token }: Stage): Visit {
  const secret = secretOf(`${name} unknown`)
  const shown = pick<Shown>(random, [
    { secret: null, token: null },
    { secret: null, token },
    { secret: 'short', token },
    { secret, token: null },
    { secret, token: `${token}x` },
    { secret, token, extra: 'Origin: http://evil.example\r\n' },
    { secret: token, token: null },
    { secret, token: '\u00ff\u00fe' },
    { secret, token, extra: `X: ${'x'.repeat(20_000)}\r\n` },
    { secret, token, extra: 'Content-Length: -1\r\nTransfer-Encoding: chunked\r\n' },
  ])
  return { kind: 'at the door', first: wireHandshake(shown), last: Buffer.alloc(0), acks: 0, frames: 1, isTorn: false }
}

/** Says to be the victim, or to speak for its node, with all that a fleet's member has. */
function withForgedHello(random: Random, name: string, { token, victim }: Stage): Visit {
  const { hello } = testStream(name)
  const forged = pick(random, [hello(victim), hello({ agentId: victim.agentId }), hello({ node: victim.node })])
  const own = { ...forged, keepsSecret: true, bootId: `forged-${random.below(100)}` }
  const secret = secretOf(`${name} forger`)
  const frames = [wireFrame(JSON.stringify({ type: 'hello', ...own })), LAST]
  const first = Buffer.concat([wireHandshake({ secret, token }), ...frames])
  return { kind: 'forged hello', first, last: Buffer.alloc(0), acks: 0, frames: 1, isTorn: false }
}

function inside(random: Random, name: string, { token, stolen }: Stage, isShy: boolean): Visit {
  const stream = testStream(name)
  const hello = JSON.stringify({ type: 'hello', ...stream.hello({ keepsSecret: true }) })
  const snapshot = stream.snapshotFrame()
  const samples: Samples = { hello, snapshot, batch: stream.frame([putFinding(random.below(10))]), stolen }
  const mild = isShy ? [] : mildFrames(random, stream.spool.epoch, samples.batch)
  const before = isShy ? [] : [hello, snapshot, ...mild]
  const { kind, wire, isTorn = false } = drawRough(random, samples)
  return {
    kind,
    first: Buffer.concat([wireHandshake({ secret: secretOf(name), token }), ...before.map((text) => wireFrame(text))]),
    // What waits to be torn must not be completed by what follows.
    last: isTorn ? wire : Buffer.concat([wire, LAST]),
    acks: isShy ? 0 : 1 + mild.length,
    frames: 1 + mild.length,
    isTorn,
  }
}

/** Batches whose envelope is right and whose event is whatever it is; one in four is one that was sent before. */
function mildFrames(random: Random, epoch: string, sample: string): string[] {
  let next = 1
  return Array.from({ length: random.below(MOST_MILD) }, () => {
    const isReplay = next > 1 && random.below(4) === 0
    const seq = isReplay ? 1 + random.below(next - 1) : next
    if (!isReplay) next += 1
    const event = `{"seq":${seq},${mildEvent(random, sample)}}`
    return `{"type":"batch","epoch":"${epoch}","firstSeq":${seq},"events":[${event}],"digest":"${'ab'.repeat(32)}"}`
  })
}

function mildEvent(random: Random, sample: string): string {
  const type = pick(random, ['finding', 'finding', 'container', 'gap', 'node', 'port', 'novelty', '__proto__'])
  const op = pick(random, ['put', 'put', 'put', 'delete', 'upsert'])
  const value = random.below(2) === 0 ? hostileJson(random) : mutate(random, valueIn(sample))
  return `"at":${random.below(2 ** 31)},"op":"${op}","type":"${type}","key":${hostileJson(random)},"value":${value}`
}

/** The finding in a batch of one. */
function valueIn(batch: string): string {
  return batch.slice(batch.indexOf('"value":') + '"value":'.length, batch.lastIndexOf('}]'))
}
