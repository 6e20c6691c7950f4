import { copyFile, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

/** Where Debian's busybox-static puts it. */
export const BUSYBOX_BINARY = '/bin/busybox'

/** Lays out a root filesystem in which every applet of the machine's static busybox is a command. */
export async function layOutBusybox(root: string): Promise<void> {
  for (const folder of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'www']) {
    await mkdir(join(root, folder), { recursive: true })
  }
  await copyFile(BUSYBOX_BINARY, join(root, 'bin/busybox'))
  const { stdout } = await execa(BUSYBOX_BINARY, ['--list'])
  const applets = stdout.split('\n').filter((name) => name !== 'busybox')
  await Promise.all(applets.map((applet) => symlink('busybox', join(root, 'bin', applet))))
}
