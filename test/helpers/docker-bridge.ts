import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

/**
 * Makes a bridge in a free /24 of 198.18.0.0/15 (RFC 2544: routed nowhere), so that a dockerd needs no NAT rule, and
 * gives its name, which is the claim on the subnet: the kernel refuses a second bridge of that name.
 */
export async function createBridge(root: string): Promise<string> {
  const name = await makeBridge()
  await writeFile(join(root, 'bridge'), name)
  return name
}

/** Makes it in the net namespace that these words enter, with which it ends. */
export async function makeBridge(enter: readonly string[] = []): Promise<string> {
  const [command = '', ...inFront] = [...enter, 'ip']
  const first = Math.floor(Math.random() * 256)
  for (let step = 0; step < 256; step++) {
    const subnet = (first + step) % 256
    const name = `nst${subnet}`
    const { failed } = await execa(command, [...inFront, 'link', 'add', name, 'type', 'bridge'], { reject: false })
    if (failed) continue
    await execa(command, [...inFront, 'address', 'add', `198.18.${subnet}.1/24`, 'dev', name])
    await execa(command, [...inFront, 'link', 'set', name, 'up'])
    return name
  }
  throw new Error('could not make a bridge: ip link add failed 256 times')
}

/** Removes the bridge that was made for this folder, if any. */
export async function removeBridge(root: string): Promise<void> {
  const name = await readFile(join(root, 'bridge'), 'utf8').catch(() => null)
  if (name !== null) await execa('ip', ['link', 'delete', name], { reject: false })
}
