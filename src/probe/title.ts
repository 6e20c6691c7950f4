import { clip } from './recognise.ts'

const TITLE = /<title(?:\s[^<>]{0,200})?>(?<text>[^<]{0,2000})/i

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** Gives the title that a page of HTML, or the beginning of one, has; null without. */
export function parseTitle(html: string): string | null {
  const text = TITLE.exec(html)?.groups?.['text']?.replace(/\s+/g, ' ').trim()
  if (text === undefined || text === '') return null
  return clip(text.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole))
}
