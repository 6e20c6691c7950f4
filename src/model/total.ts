/** Adds numbers up. */
export function totalOf(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
