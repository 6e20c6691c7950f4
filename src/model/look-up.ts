/** Looks a name from outside up in a table: `constructor` and other names that every object inherits are not in it. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
