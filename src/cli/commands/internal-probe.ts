import * as z from 'zod'
import { BY_HAND } from '../../probe/bounds.ts'
import type { ProbeRequest } from '../../probe/elsewhere.ts'
import { createProber } from '../../probe/prober.ts'
import { probeAnswer } from '../../transport/port-schema.ts'
import { defineCommand } from '../command.ts'
import { readBounded } from '../read-bounded.ts'

const STDIN = 0
const REQUEST_BYTES = 4_194_304

const { address, port, protocol, vantage } = probeAnswer.shape

const request = z.object({
  targets: z.array(z.object({ address, port, protocol })),
  mode: z.enum(['connect', 'identify']),
  vantage,
  exclude: z.array(
    z.object({
      address: address.exactOptional(),
      ports: z.tuple([port, port]).exactOptional(),
      protocol: protocol.exactOptional(),
    }),
  ),
  addresses: z.array(address),
}) satisfies z.ZodType<ProbeRequest>

/**
 * What nsenter(1) runs for us in a container's net namespace: it asks what it is told on stdin, and writes a line of
 * JSON for each answer. It reads nothing else, and nothing of any other namespace.
 */
export const internalProbeCommand = defineCommand({
  name: 'internal-probe',
  hidden: true,
  summary: 'ask ports from the net namespace that this process is in, as told on stdin',
  example: 'nsentinel internal-probe < request.json',
  settings: {},
  run: async (_config, io) => {
    const told = request.parse(JSON.parse(await readBounded(STDIN, REQUEST_BYTES)))
    const prober = createProber({ ...told, bounds: BY_HAND, now: Date.now })
    const never = new AbortController().signal
    await prober.probe(told.targets, told.mode, never, (answer) => io.stdout.write(`${JSON.stringify(answer)}\n`))
    return 0
  },
})
