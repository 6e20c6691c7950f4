import { rm } from 'node:fs/promises'
import type { Io } from './io.ts'
import { saveFile } from './save.ts'

export interface LoginAddressDeps {
  readonly stdout: Io['stdout']
  /** Where the address is kept when stdout is no terminal; null where there is no place. */
  readonly file: string | null
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

/** Tells people where to log in, on the terminal or in a file for its owner only: a log is read by others, too. */
export class LoginAddress {
  readonly #deps: LoginAddressDeps
  #saved: Promise<void> = Promise.resolve()

  constructor(deps: LoginAddressDeps) {
    this.#deps = deps
  }

  /** Tells the address that takes the place of the one before. */
  tell(address: string): void {
    const { stdout, file, log } = this.#deps
    if (stdout.isTTY === true) stdout.write(`log in once at ${address}\n`)
    else if (file === null)
      log.warn({}, 'the address to log in at is told nowhere: stdout is no terminal, --login-file FILE would keep it')
    else this.#saved = this.#saved.then(() => this.#save(file, address))
  }

  /** Forgets the address, which is worth nothing once the collector has ended. */
  async close(): Promise<void> {
    const { stdout, file } = this.#deps
    await this.#saved
    if (stdout.isTTY !== true && file !== null) await rm(file, { force: true })
  }

  async #save(file: string, address: string): Promise<void> {
    const { log } = this.#deps
    await saveFile(file, `${address}\n`).then(
      () => log.info({ file }, 'the address to log in at is in a file'),
      (err: unknown) => log.warn({ file, err }, 'could not keep the address to log in at'),
    )
  }
}
