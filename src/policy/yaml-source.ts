import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml'

/** A place in a text, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** What is wrong with a text, and where. */
export interface Problem extends Place {
  readonly message: string
}

export type Path = readonly PropertyKey[]

/** A YAML text as plain values, and where each of them stands. */
export interface YamlSource {
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Where the value of a path stands, or of the nearest one around it. */
  placeOf(path: Path): Place
  /** Where a key stands, as against its value. */
  placeOfKey(path: Path): Place
}

/** A policy is four levels deep. */
const DEPTH_MAX = 16

/**
 * Reads one YAML document of maps, lists and scalars. Aliases are refused, so that a short text cannot stand for a
 * long one, and so are tags; a key that stands twice is a problem as well.
 */
export function parseYaml(text: string): YamlSource {
  const lines = new LineCounter()
  // The library's own search for duplicate keys takes quadratic time.
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, stringKeys: true, uniqueKeys: false })
  const errors: readonly YAMLError[] = [...document.errors, ...document.warnings]
  const reader = new Reader((offset) => placeAt(lines, offset))
  const value = errors.length > 0 ? undefined : reader.read(document.contents, [], 0)
  return {
    value,
    problems: [...errors.map(({ message, pos }) => ({ ...placeAt(lines, pos[0]), message })), ...reader.problems],
    placeOf: (path) => reader.places.near(path),
    placeOfKey: (path) => reader.keyPlaces.near(path),
  }
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** Turns nodes into values and notes where they stand. */
class Reader {
  readonly problems: Problem[] = []
  readonly places = new Places()
  readonly keyPlaces = new Places()
  readonly #placeAt: (offset: number) => Place

  constructor(placeOfOffset: (offset: number) => Place) {
    this.#placeAt = placeOfOffset
  }

  read(node: Node | null, path: Path, depth: number): unknown {
    if (node === null) return null
    this.places.set(path, this.#placeOfNode(node))
    if (depth > DEPTH_MAX) return this.#refuse(node, `nested deeper than ${DEPTH_MAX} levels`)
    if (isAlias(node)) return this.#refuse(node, 'aliases are not supported')
    if (node.tag !== undefined) return this.#refuse(node, 'tags are not supported')
    if (isScalar(node)) return node.value
    if (isSeq<Node>(node)) return node.items.map((item, index) => this.read(item, [...path, index], depth + 1))
    return isMap<Node, Node | null>(node) ? Object.fromEntries(this.#entries(node.items, path, depth)) : undefined
  }

  #entries(
    pairs: readonly { readonly key: Node; readonly value: Node | null }[],
    path: Path,
    depth: number,
  ): (readonly [string, unknown])[] {
    const seen = new Set<string>()
    return pairs.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : ''
      const own = [...path, name]
      if (seen.has(name)) this.#refuse(key, `key ${JSON.stringify(name)} stands here twice`)
      seen.add(name)
      this.keyPlaces.set(own, this.#placeOfNode(key))
      this.places.set(own, this.#placeOfNode(key))
      return [name, this.read(value, own, depth + 1)]
    })
  }

  #refuse(node: Node, message: string): undefined {
    this.problems.push({ ...this.#placeOfNode(node), message })
  }

  #placeOfNode(node: Node): Place {
    return this.#placeAt(node.range?.[0] ?? 0)
  }
}

class Places {
  readonly #byPath = new Map<string, Place>()

  set(path: Path, place: Place): void {
    this.#byPath.set(keyOf(path), place)
  }

  /** The nearest one that is known, from the path outwards. */
  near(path: Path): Place {
    for (let length = path.length; length >= 0; length -= 1) {
      const place = this.#byPath.get(keyOf(path.slice(0, length)))
      if (place !== undefined) return place
    }
    return { line: 1, column: 1 }
  }
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String))
}
