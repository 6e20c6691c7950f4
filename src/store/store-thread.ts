import { Worker } from 'node:worker_threads'
import type { CommandStore, OnCommandNews } from './command-store.ts'
import { type Answer, errorOf, OPENED, type Question, type ThreadStore, type Told } from './thread-messages.ts'

/** In a clone the thread's file is TypeScript; in the bundle it stands beside this one. */
const THREAD = import.meta.url.endsWith('.ts') ? './sqlite-thread.ts' : './sqlite-thread.mjs'

export interface StoreThreadOptions {
  readonly path: string
  readonly onCommandNews: OnCommandNews
  /** Called when the thread of an open store has ended by itself: nothing is stored or read any more. */
  readonly onLost: (error: Error) => void
}

interface Asked {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

/** A thread that has a store open: whoever asks it waits for the answer, and nobody for the disk. */
export class StoreThread {
  readonly #worker: Worker
  readonly #asked = new Map<number, Asked>()
  readonly #opened = Promise.withResolvers<void>()
  #lastId = OPENED
  /** Why there is nobody left to ask. */
  #lost: Error | null = null
  #isEnding = false
  readonly #onLost: StoreThreadOptions['onLost']

  constructor({ path, onCommandNews, onLost }: StoreThreadOptions) {
    this.#onLost = onLost
    this.#asked.set(OPENED, this.#opened)
    this.#worker = new Worker(new URL(THREAD, import.meta.url), { workerData: path })
    this.#worker.on('message', (told: Told) => {
      if ('news' in told) onCommandNews(told.news)
      else this.#settle(told)
    })
    this.#worker.on('error', (cause) => this.#lose(new Error("the store's thread failed", { cause })))
    this.#worker.on('exit', () => this.#lose(new Error("the store's thread ended")))
  }

  /** Resolves when the store is open; rejects with what kept it from opening. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  ask<Method extends keyof ThreadStore>(
    method: Method,
    ...args: Parameters<ThreadStore[Method]>
  ): Promise<Awaited<ReturnType<ThreadStore[Method]>>> {
    return this.#post('store', method, args)
  }

  askOfCommands<Method extends keyof CommandStore>(
    method: Method,
    ...args: Parameters<CommandStore[Method]>
  ): Promise<Awaited<ReturnType<CommandStore[Method]>>> {
    return this.#post('commands', method, args)
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#worker.terminate()
  }

  #post(of: Question['of'], method: Question['method'], args: readonly unknown[]): Promise<never> {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      this.#worker.postMessage({ id, of, method, args } satisfies Question)
    })
  }

  #settle(answer: Answer): void {
    const asked = this.#asked.get(answer.id)
    this.#asked.delete(answer.id)
    if ('failure' in answer) asked?.reject(errorOf(answer.failure))
    else asked?.resolve(answer.result)
  }

  /** Whoever still waits is told; so is, once, whoever has to do something about it. */
  #lose(error: Error): void {
    if (this.#lost !== null) return
    this.#lost = error
    const wasOpen = !this.#asked.has(OPENED)
    for (const { reject } of this.#asked.values()) reject(error)
    this.#asked.clear()
    if (wasOpen && !this.#isEnding) this.#onLost(error)
  }
}
