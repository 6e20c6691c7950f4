import { styleText } from 'node:util'
import type { Severity } from '../../model/finding.ts'

/** What a piece of text means to the reader; how it looks is decided here alone. */
export type Tone = Severity | 'title' | 'quiet' | 'good' | 'bad' | 'doubt'

/** Gives a text the look of its meaning. */
export type Paint = (tone: Tone, text: string) => string

/** Where a rendering goes: how wide it is, and whether it takes colour. */
export interface View {
  /** In cells; Infinity where nothing needs to be cut. */
  readonly columns: number
  readonly paint: Paint
}

const LOOKS = {
  critical: ['bold', 'white', 'bgRed'],
  high: ['bold', 'red'],
  medium: ['bold', 'yellow'],
  low: ['cyan'],
  info: ['blue'],
  title: ['bold'],
  quiet: ['dim'],
  good: ['green'],
  bad: ['bold', 'red'],
  doubt: ['magenta'],
} as const satisfies Record<Tone, readonly Parameters<typeof styleText>[0][]>

/** Paints for one stream: Node decides by terminal, NO_COLOR and FORCE_COLOR. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (tone, text) => styleText([...LOOKS[tone]], text, { stream })
}
