const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const NODE = 2 ** 32

/**
 * Gives the number by which a row's history is found: its node's id, then 32 bits of FNV-1a. An index over numbers is a
 * tenth of one over keys. Two rows may share a number, so whoever reads compares type and key too.
 */
export function rowHash(nodeId: number, type: string, key: string): number {
  return nodeId * NODE + (mix(mix(FNV_OFFSET, `${type}/`), key) >>> 0)
}

function mix(start: number, text: string): number {
  let hash = start
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME)
  return hash
}
