import { isIP } from 'node:net'
import * as z from 'zod'
import { setting } from './config.ts'

const EXPECTED = 'ADDRESS:PORT such as 127.0.0.1:7433 or [::1]:7433'
const ADDRESS = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<four>[0-9.]+|localhost)):(?<port>\d{1,5})$/i
const LARGEST_PORT = 65_535

/** Where to listen unless something else is asked for. */
const DEFAULT_PORT = 7433

/** A port as a setting; 0 takes a free one. */
export const port = setting(portSchema().default(DEFAULT_PORT), {
  value: 'PORT',
  description: `where to listen on loopback, 0 for any free one (${DEFAULT_PORT})`,
})

/** An address and port to listen on, as a setting. */
export const listen = setting(
  z
    .string({ error: EXPECTED })
    .transform((given, context) => {
      const { six, four, port = '' } = ADDRESS.exec(given)?.groups ?? {}
      const address = six ?? four
      if (address !== undefined && (address === 'localhost' || isIP(address) !== 0) && Number(port) <= LARGEST_PORT) {
        return { address, port: Number(port) }
      }
      context.addIssue({ code: 'custom', message: EXPECTED })
      return z.NEVER
    })
    .prefault(`127.0.0.1:${DEFAULT_PORT}`),
  { value: 'ADDRESS:PORT', description: `where to listen (127.0.0.1:${DEFAULT_PORT})` },
)

function portSchema() {
  const error = `a port from 0 to ${LARGEST_PORT}`
  return z
    .string({ error })
    .regex(/^\d{1,5}$/, { error })
    .transform(Number)
    .refine((number) => number <= LARGEST_PORT, { error })
}
