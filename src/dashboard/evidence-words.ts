/** A list of which only the first are told, as evidence holds it. */
export interface BoundedList {
  readonly items: readonly unknown[]
  readonly total: number
}

/** `loopbackListeners` reads `loopback listeners`. */
export function labelOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** Tells a list that may be cut from any other object: evidence comes from agents of other versions, too. */
export function isBoundedList(value: unknown): value is BoundedList {
  if (typeof value !== 'object' || value === null || !('items' in value && 'total' in value)) return false
  return Array.isArray(value.items) && typeof value.total === 'number'
}

/** All items in one text, and how many more there are; the caller makes it printable. */
export function boundedText({ items, total }: BoundedList): string {
  if (total === 0) return 'none'
  const more = total - items.length
  return `${items.map(itemText).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** An interface is its name with its addresses, anything else its facts, each after its own name. */
function itemText(item: unknown): string {
  if (isBoundedList(item)) return boundedText(item)
  if (typeof item !== 'object' || item === null) return String(item)
  if ('name' in item && 'addresses' in item && isBoundedList(item.addresses)) {
    return item.addresses.total === 0 ? String(item.name) : `${item.name} (${boundedText(item.addresses)})`
  }
  return Object.entries(item)
    .map(([name, value]) => `${labelOf(name)} ${itemText(value)}`)
    .join(' ')
}
