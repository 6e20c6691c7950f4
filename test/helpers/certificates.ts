import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Test } from 'tap'
import { isInstalled } from './commands.ts'

export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** Says why no certificates can be made here, or false when they can. */
export function whyNoCertificates(): string | false {
  return !isInstalled('openssl') && 'not installed: openssl'
}

/** Makes a certificate that signs itself, by openssl(1); one for less than a day has expired. */
export async function selfSigned(t: Test, days = 30): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'nsentinel-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = (name: string) => join(folder, name)
  await writeFile(file('names'), 'subjectAltName=DNS:node.example,IP:192.0.2.1\n')
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('key')]
  await execa('openssl', ['req', '-new', ...ec, '-out', file('request'), '-subj', '/O=Example/CN=node.example'])
  const signed = ['-req', '-in', file('request'), '-signkey', file('key'), '-extfile', file('names')]
  await execa('openssl', ['x509', ...signed, '-days', `${days}`, '-out', file('certificate')])
  return { key: await readFile(file('key'), 'utf8'), cert: await readFile(file('certificate'), 'utf8') }
}
