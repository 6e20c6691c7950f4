import * as z from 'zod'
import { setting } from '../config.ts'
import { ca, flag, text } from '../settings.ts'

const EXPECTED = 'an http:// or https:// URL such as https://collector.example:7433'

/** Where a collector's API is, and what is shown there. */
export const apiSettings = {
  collector: setting(
    z
      .string({ error: EXPECTED })
      .transform((given) => given.replace(/^ws/, 'http'))
      .refine((given) => URL.canParse(given) && /^https?:$/.test(new URL(given).protocol), { error: EXPECTED }),
    { value: 'URL', description: "the collector's address, http:// or https://" },
  ),
  apiTokenFile: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: 'holds a token of role operator (else NSENTINEL_API_TOKEN does)',
  }),
  ca,
  insecure: flag('let token and results cross the network without TLS'),
}
