import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

/** PEM files of one certificate. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface Wanted {
  /** The common name; the name of the files, too. */
  readonly name: string
  /** Such as `DNS:node-1` or `IP:127.0.0.1`; without it the certificate has a common name only. */
  readonly altNames?: string
  /** Below zero it has expired. */
  readonly days?: number
}

/** An authority of a test's own, which vouches for whatever it is told. */
export interface TestAuthority {
  readonly ca: string
  issue(wanted: Wanted): Promise<Certificate>
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Makes an authority, by openssl(1), whose files are in a folder that ends with the test. */
export async function makeAuthority(folder: string, name = 'ca'): Promise<TestAuthority> {
  const file = (name: string) => join(folder, name)
  const ca = file(`${name}.pem`)
  const key = file(`${name}.key`)
  await execa('openssl', ['req', '-x509', ...EC, '-keyout', key, '-out', ca, '-subj', `/CN=${name}`, '-days', '2'])
  return {
    ca,
    issue: async ({ name: commonName, altNames, days = 2 }) => {
      const files = { cert: file(`${commonName}.pem`), key: file(`${commonName}.key`) }
      const names = altNames === undefined ? '' : `subjectAltName=${altNames}\n`
      await writeFile(file('extensions'), `basicConstraints=critical,CA:FALSE\n${names}`)
      const request = ['-out', file('request'), '-subj', `/CN=${commonName}`]
      await execa('openssl', ['req', '-new', ...EC, '-keyout', files.key, ...request])
      const signed = ['-req', '-in', file('request'), '-CA', ca, '-CAkey', key, '-extfile', file('extensions')]
      await execa('openssl', ['x509', ...signed, '-CAcreateserial', '-days', `${days}`, '-out', files.cert])
      return files
    },
  }
}
