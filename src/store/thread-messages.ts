import type { CommandNews, CommandStore } from './command-store.ts'
import type { KeepStore } from './kept.ts'
import { CursorError, type Store } from './store.ts'

/** What the thread of a store is asked for: the store's methods, with batches and parts prepared before they cross. */
export type ThreadStore = Omit<Store, 'apply' | 'stage' | 'commands'> & KeepStore

/** The call of a method, of the store or of its commands. */
export interface Question {
  readonly id: number
  readonly of: 'store' | 'commands'
  readonly method: keyof ThreadStore | keyof CommandStore
  readonly args: readonly unknown[]
}

/** Nobody asks this question: its answer is whether the store could be opened. */
export const OPENED = 0

export type Answer =
  // Of the type that the method gives.
  { readonly id: number; readonly result: never } | { readonly id: number; readonly failure: Failure }

/** What the thread tells: answers, and what nobody asked for. */
export type Told = Answer | { readonly news: CommandNews }

/** An error as it crosses between threads, where its class and its code are lost. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
  readonly cause: Failure | undefined
}

/** An error that is its own cause must end somewhere. */
const MOST_CAUSES = 8

/** Takes an error apart, with what caused it. */
export function failureOf(error: unknown, causes = MOST_CAUSES): Failure {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: undefined, code: undefined, cause: undefined }
  }
  const { name, message, stack, cause } = error
  const code: unknown = Reflect.get(error, 'code')
  return {
    name,
    message,
    stack,
    code: typeof code === 'string' ? code : undefined,
    cause: cause === undefined || causes === 0 ? undefined : failureOf(cause, causes - 1),
  }
}

/** Puts it together again. */
export function errorOf({ name, message, stack, code, cause }: Failure): Error {
  if (code === 'invalid-cursor') return new CursorError(message)
  const error = cause === undefined ? new Error(message) : new Error(message, { cause: errorOf(cause) })
  return Object.assign(error, { name }, stack === undefined ? {} : { stack }, code === undefined ? {} : { code })
}
