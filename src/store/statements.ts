import type { Compilable, CompiledQuery, Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** How many rows a statement takes: few sizes, so that each is built and compiled once and then only bound. */
const SIZES = [256, 64, 16, 4, 1] as const

/** Writes any number of rows. */
export interface RowsWrite<Row> {
  write(db: Kysely<Tables>, rows: readonly Row[]): Promise<void>
}

/** Runs a query over any number of keys of one node. */
export interface KeysRun<Result> {
  run(db: Kysely<Tables>, nodeId: number, keys: readonly string[]): Promise<Result[]>
}

interface PreparedWrite {
  readonly query: CompiledQuery
  readonly columns: readonly string[]
}

/** Writes any number of rows. Building a query costs more than the database takes to run it, so it is built once. */
export class RowsWriter<Row extends object> implements RowsWrite<Row> {
  readonly #build: (rows: readonly Row[]) => Compilable
  readonly #compiled = new Map<number, PreparedWrite>()

  constructor(build: (rows: readonly Row[]) => Compilable) {
    this.#build = build
  }

  async write(db: Kysely<Tables>, rows: readonly Row[]): Promise<void> {
    for (const chunk of chunksOf(rows)) {
      const { query, columns } = this.#prepare(chunk)
      const parameters: unknown[] = []
      for (const row of chunk) addColumns(parameters, row, columns)
      await db.executeQuery({ ...query, parameters })
    }
  }

  #prepare(chunk: readonly Row[]): PreparedWrite {
    const known = this.#compiled.get(chunk.length)
    if (known !== undefined) return known
    // Kysely takes the columns, and with them the order of the parameters, from the first row.
    const prepared = { query: this.#build(chunk).compile(), columns: Object.keys(chunk[0] ?? {}) }
    this.#compiled.set(chunk.length, prepared)
    return prepared
  }
}

/** Unlike Reflect.get(), which is no small part of storing an event, reading a property is compiled. */
function addColumns(parameters: unknown[], row: object, columns: readonly string[]): void {
  if (isRecord(row)) for (const column of columns) parameters.push(row[column])
}

/** Tells that a row's columns can be read by their names. */
export function isRecord(row: object): row is Readonly<Record<string, unknown>> {
  return !Array.isArray(row)
}

/** Runs one query again and again with other parameters, in the order in which it names them. */
export class PreparedQuery<Result> {
  readonly #query: CompiledQuery<Result>

  constructor(query: Compilable<Result>) {
    this.#query = query.compile()
  }

  async run(db: Kysely<Tables>, parameters: readonly unknown[]): Promise<Result[]> {
    const bound: CompiledQuery<Result> = { ...this.#query, parameters }
    const { rows } = await db.executeQuery(bound)
    return rows
  }
}

/** Runs a query over any number of keys of one node; its parameters are the node's id and the keys. */
export class KeysQuery<Result> implements KeysRun<Result> {
  readonly #build: (nodeId: number, keys: readonly string[]) => Compilable<Result>
  readonly #compiled = new Map<number, CompiledQuery<Result>>()

  constructor(build: (nodeId: number, keys: readonly string[]) => Compilable<Result>) {
    this.#build = build
  }

  async run(db: Kysely<Tables>, nodeId: number, keys: readonly string[]): Promise<Result[]> {
    const results: Result[] = []
    for (const chunk of chunksOf(keys)) {
      const query = this.#compiled.get(chunk.length) ?? this.#build(nodeId, chunk).compile()
      this.#compiled.set(chunk.length, query)
      const bound: CompiledQuery<Result> = { ...query, parameters: [nodeId, ...chunk] }
      const { rows } = await db.executeQuery(bound)
      results.push(...rows)
    }
    return results
  }
}

function* chunksOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; ) {
    const size = SIZES.find((candidate) => candidate <= items.length - start) ?? 1
    yield items.slice(start, start + size)
    start += size
  }
}
