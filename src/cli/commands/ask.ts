import * as z from 'zod'
import { LONGEST_COMMAND_MS } from '../../transport/command-schema.ts'
import { parseAsked } from '../ask/request.ts'
import { apiSettings } from '../ask/settings.ts'
import { defineCommand } from '../command.ts'
import { setting } from '../config.ts'
import { UsageError } from '../errors.ts'
import { choice, duration, outputSettings, text } from '../settings.ts'

/** How much longer than the agent a collector may take to say that it did not answer. */
const GRACE_MS = 10_000

const UNAUTHORIZED = 401

const MODES = 'connect (does it answer) or identify (and as what)'

const PID = 'the number of a process'

const answered = z.object({ result: z.unknown() })
const problem = z.object({ code: z.string(), title: z.string() })

export const askCommand = defineCommand({
  name: 'ask',
  operand: 'NODE',
  operands: 'COMMAND',
  summary: 'have a collector ask a node: scan, probe PORT…, or triage',
  example: 'nsentinel ask node-1 probe 8080 53/udp --collector https://collector.example:7433',
  settings: {
    ...apiSettings,
    ...outputSettings,
    output: choice(['table', 'json'], 'table', 'how to print: table or json'),
    container: setting(text('the name or the beginning of the id of a container').optional(), {
      value: 'NAME',
      description: 'triage: about this one container; scan: explain it in full',
    }),
    pod: setting(text('podNamespace/name').optional(), { value: 'POD', description: 'triage: about this pod' }),
    pid: setting(z.coerce.number({ error: PID }).int({ error: PID }).positive({ error: PID }).optional(), {
      value: 'PID',
      description: 'triage: about this process, by its pid on the node',
    }),
    mode: setting(z.enum(['connect', 'identify'], { error: MODES }).optional(), {
      value: 'WORD',
      description: `probe: ${MODES}; without it, whichever the agent does by itself`,
    }),
    timeout: duration('30s', 'how long the agent may take, at most 60s'),
  },
  run: async (config, io, node, words) => {
    const request = parseAsked(words, config)
    const { timeout } = config
    if (timeout < 1000 || timeout > LONGEST_COMMAND_MS) {
      throw new UsageError(`--timeout: expected 1s to 60s, got ${timeout} ms`)
    }
    // Loaded late: what speaks HTTP is no other command's burden.
    const [{ postToCollector }, { showResult }] = await Promise.all([
      import('../ask/collector-api.ts'),
      import('../ask/show.ts'),
    ])
    const path = `nodes/${encodeURIComponent(node)}/commands?timeoutMs=${timeout}`
    const signal = AbortSignal.timeout(timeout + GRACE_MS)
    const { status, body } = await postToCollector(config, io, { path, body: request, signal })
    const answer = answered.safeParse(body)
    if (status === 200 && answer.success) return showResult(request, answer.data.result, config, io)
    if (status === UNAUTHORIZED) throw new Error(`${node} was not asked: the collector does not accept this token`)
    const { code, title } = problem.safeParse(body).data ?? { code: `status ${status}`, title: 'no collector answers' }
    throw new Error(`${node} was not asked, or did not answer: ${title} (${code})`)
  },
})
