import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { TransportLog } from './log.ts'
import { SpoolFile } from './spool-file.ts'
import { type LoadedSpool, loadSpool } from './spool-load.ts'
import { lockSpool } from './spool-lock.ts'
import { isUseless } from './spool-trouble.ts'

const SPOOL_FILE = 'spool.sqlite'

/** Where the spool's file is in its folder. */
export function spoolPathOf(folder: string): string {
  return join(folder, SPOOL_FILE)
}

/** A spool's file, open, and what it held. */
export interface OpenedFile {
  readonly file: SpoolFile
  readonly loaded: LoadedSpool | null
}

/** The folder of a spool, which one process at a time has for itself. */
export class SpoolPlace {
  readonly path: string
  readonly #folder: string
  readonly #log: TransportLog
  #lock: Disposable | null = null

  constructor(folder: string, log: TransportLog) {
    this.path = spoolPathOf(folder)
    this.#folder = folder
    this.#log = log
  }

  /**
   * Takes the folder and opens the file in it; one that can never be used again is put aside.
   *
   * @throws {SpoolError} `taken` when another process has it
   * @throws {Error} whatever the disk says
   */
  open(): OpenedFile {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    this.#lock ??= lockSpool(this.path)
    try {
      return this.#openFile()
    } catch (error) {
      if (!isUseless(error)) throw error
      this.#putAside(error)
      return this.#openFile()
    }
  }

  /** Lets others take it. */
  release(): void {
    this.#lock?.[Symbol.dispose]()
    this.#lock = null
  }

  #openFile(): OpenedFile {
    const file = new SpoolFile(this.path)
    try {
      return { file, loaded: loadSpool(file.database) }
    } catch (error) {
      file.close()
      throw error
    }
  }

  /** Keeps one useless file for whoever wants to know why. */
  #putAside(error: unknown): void {
    const aside = `${this.path}.aside`
    for (const suffix of ['', '-wal', '-shm']) moveIfThere(`${this.path}${suffix}`, `${aside}${suffix}`)
    this.#log.warn({ err: error, aside }, 'the spool cannot be used: what waited in it is lost, and a new one begins')
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
