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
  readonly code: unknown
}

/** Takes an error apart. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, code: undefined }
  const { name, message, stack } = error
  return { name, message, stack, code: Reflect.get(error, 'code') }
}

/** Puts it together again. */
export function errorOf({ name, message, stack, code }: Failure): Error {
  if (code === 'invalid-cursor') return new CursorError(message)
  return Object.assign(
    new Error(message),
    { name },
    stack === undefined ? {} : { stack },
    code === undefined ? {} : { code },
  )
}
