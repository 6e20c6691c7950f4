import type { ProbeAnswer } from '../../src/model/port.ts'
import { BY_HAND, type ProbeBounds } from '../../src/probe/bounds.ts'
import type { ProbeMode, ProbeTarget } from '../../src/probe/probe.ts'
import { createProber } from '../../src/probe/prober.ts'
import { TAKEN_AT } from './builders.ts'

/** Asks one port, of loopback and TCP unless said otherwise, as `identify` does by hand but for these bounds. */
export async function ask(
  target: Partial<ProbeTarget> & { readonly port: number },
  bounds: Partial<ProbeBounds> = {},
  mode: ProbeMode = 'identify',
): Promise<ProbeAnswer> {
  const prober = createProber({ bounds: { ...BY_HAND, ...bounds }, now: () => TAKEN_AT })
  const targets = [{ address: '127.0.0.1', protocol: 'tcp', ...target } as const]
  const [answer] = await prober.probe(targets, mode, new AbortController().signal)
  if (answer === undefined) throw new Error('the prober gave no answer')
  return answer
}
