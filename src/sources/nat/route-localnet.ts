import { readFile } from 'node:fs/promises'

/**
 * Lists the interfaces of our net namespace that let 127.0.0.0/8 pass, `all` alone where that is set; null where it
 * cannot be read.
 */
export async function readRouteLocalnet(procRoot: string, interfaces: readonly string[]): Promise<string[] | null> {
  const read = (name: string) =>
    readFile(`${procRoot}/sys/net/ipv4/conf/${name}/route_localnet`, 'utf8').then(
      (text) => text.trim() === '1',
      () => null,
    )
  const all = await read('all')
  if (all !== false) return all === null ? null : ['all']
  const set = await Promise.all(interfaces.map(async (name) => ((await read(name)) === true ? [name] : [])))
  return set.flat()
}
