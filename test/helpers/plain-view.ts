import type { Tone, View } from '../../src/cli/render/paint.ts'

/** A terminal of so many cells without colours. */
export function plainView(columns = Number.POSITIVE_INFINITY): View {
  return { columns, paint: (_tone, text) => text }
}

/** A view that writes each painted text as `<tone:text>`. */
export const markedView: View = {
  columns: Number.POSITIVE_INFINITY,
  paint: (tone: Tone, text) => `<${tone}:${text}>`,
}
