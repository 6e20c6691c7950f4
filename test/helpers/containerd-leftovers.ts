import { rmdir } from 'node:fs/promises'
import { execa } from 'execa'
import { PATH } from './commands.ts'

const env = { PATH }
const CHAINS = ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-SETMARK', 'CNI-HOSTPORT-MASQ']

/** Takes away what CNI keeps after its last pod, unless a pod of another engine uses it. */
export async function removeCniLeftovers(): Promise<void> {
  await removePortmapChains()
  for (const folder of ['/var/lib/cni/results', '/var/lib/cni']) await rmdir(folder).catch(() => undefined)
}

/** The portmap plugin makes its chains for the first hostPort and never removes them. */
async function removePortmapChains(): Promise<void> {
  const { stdout } = await execa('iptables-save', ['--table', 'nat'], { env })
  const rules = stdout.split('\n')
  if (rules.some((rule) => rule.startsWith('-A CNI-HOSTPORT-DNAT ') || rule.startsWith('-A CNI-DN-'))) return
  for (const jump of rules.filter((rule) => CHAINS.some((chain) => rule.endsWith(`-j ${chain}`)))) {
    await iptables(
      ...(jump
        .replace(/^-A/, '-D')
        .match(/"[^"]*"|\S+/g)
        ?.map(unquote) ?? []),
    )
  }
  for (const chain of CHAINS.filter((name) => rules.some((rule) => rule.startsWith(`:${name} `)))) {
    await iptables('--flush', chain)
    await iptables('--delete-chain', chain)
  }
}

function unquote(word: string): string {
  return word.replace(/^"(.*)"$/, '$1')
}

async function iptables(...args: readonly string[]): Promise<void> {
  await execa('iptables', ['--wait', '--table', 'nat', ...args], { env, reject: false })
}
