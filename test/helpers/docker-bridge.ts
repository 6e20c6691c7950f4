import { execa } from 'execa'

/** A bridge of our own for one dockerd, so that it needs no NAT rule. */
export interface Bridge {
  readonly name: string
  remove(): Promise<void>
}

/**
 * Makes a bridge in a free /24 of 198.18.0.0/15 (RFC 2544: routed nowhere). Its name is the claim on the subnet: the
 * kernel refuses a second bridge of that name, so test files that run at once never share one.
 */
export async function createBridge(): Promise<Bridge> {
  const first = Math.floor(Math.random() * 256)
  for (let step = 0; step < 256; step++) {
    const subnet = (first + step) % 256
    const name = `nst${subnet}`
    const { failed } = await execa('ip', ['link', 'add', name, 'type', 'bridge'], { reject: false })
    if (failed) continue
    await execa('ip', ['address', 'add', `198.18.${subnet}.1/24`, 'dev', name])
    await execa('ip', ['link', 'set', name, 'up'])
    return { name, remove: async () => void (await execa('ip', ['link', 'delete', name], { reject: false })) }
  }
  throw new Error('could not make a bridge: ip link add failed 256 times')
}
