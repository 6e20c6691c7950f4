import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** Where commands are looked for: root's tools too, which a user's PATH may lack. */
export const PATH = [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(':')

/** Tells whether a command is on the path, or a file there, without running it. */
export function isInstalled(command: string): boolean {
  const candidates = isAbsolute(command) ? [command] : PATH.split(':').map((folder) => join(folder, command))
  return candidates.some((file) => existsSync(file))
}
