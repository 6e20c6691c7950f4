import * as z from 'zod'
import { isLoopback } from '../collector/listen.ts'
import { AGENT_PATH } from '../collector/upgrade.ts'
import { UsageError } from './errors.ts'

const EXPECTED = 'a ws:// or wss:// URL such as wss://collector.example:7433'

/** The address of a collector, as a setting. */
export const collectorUrl = z.string({ error: EXPECTED }).transform((given, context) => {
  const url = URL.canParse(given) ? new URL(given) : null
  if (url !== null && ['ws:', 'wss:'].includes(url.protocol) && url.username === '' && url.password === '') return url
  context.addIssue({ code: 'custom', message: EXPECTED })
  return z.NEVER
})

/**
 * Gives where a collector takes agents; a URL without a path means the usual one.
 *
 * @throws UsageError for none, and for a connection that others could read along, unless insecure was asked for
 */
export function agentUrlOf(collector: URL | undefined, insecure: boolean): URL {
  if (collector === undefined) {
    throw new UsageError(`--collector (or NSENTINEL_COLLECTOR) is missing: expected ${EXPECTED}`)
  }
  const host = collector.hostname.replace(/^\[|\]$/g, '')
  if (collector.protocol === 'ws:' && !insecure && !isLoopback(host)) {
    throw new UsageError(
      `--collector: expected wss:// off loopback (or --insecure), got "${collector.origin}": token and results would cross the network readable`,
    )
  }
  return collector.pathname === '/' ? new URL(AGENT_PATH, collector) : collector
}
