import { execa } from 'execa'
import type { ProbeAnswer } from '../model/port.ts'
import { type Exclusion, type ProbeMode, type Prober, type ProbeTarget, targetKey } from './probe.ts'

/** What our own program is told on stdin when it is to ask from another net namespace. */
export interface ProbeRequest {
  readonly targets: readonly ProbeTarget[]
  readonly mode: ProbeMode
  readonly vantage: ProbeAnswer['vantage']
  readonly exclude: readonly Exclusion[]
  /** The node's addresses, which are not those of the namespace that asks. */
  readonly addresses: readonly string[]
}

export interface ElsewhereOptions extends Pick<ProbeRequest, 'vantage' | 'exclude' | 'addresses'> {
  /** An open descriptor of the net namespace, which has been made sure of. */
  readonly netFd: number
  /** Our own program, told to ask as it is told on stdin: file and arguments. */
  readonly program: readonly string[]
  /** Where nsenter(1) is looked for. */
  readonly path: string
  /** Parses a line that our own program wrote. */
  readonly parseAnswer: (line: string) => ProbeAnswer
  /** Unix milliseconds. */
  readonly now: () => number
}

const OUTPUT_BYTES = 16_777_216

/**
 * Makes what asks from another net namespace: nsenter(1) moves a child of ours there, by a descriptor and not by a
 * path, and into that namespace only. It needs CAP_SYS_ADMIN; without, every answer is `failed` and says why.
 */
export function createProberElsewhere(options: ElsewhereOptions): Prober {
  const { vantage, now } = options
  return {
    probe: async (targets, mode, signal, onAnswer) => {
      const answers = new Map<string, ProbeAnswer>()
      const failure = await ask(options, { targets, mode }, signal, (answer) => {
        answers.set(targetKey(answer), answer)
        onAnswer?.(answer)
      })
      return targets.map((target) => answers.get(targetKey(target)) ?? missing(target))

      function missing({ address, port, protocol }: ProbeTarget): ProbeAnswer {
        const why = signal.aborted
          ? ({ outcome: 'not-asked', detail: 'no time was left' } as const)
          : ({ outcome: 'failed', detail: failure } as const)
        const answer = { vantage, address, port, protocol, ...why, at: now(), latencyMs: 0 }
        onAnswer?.(answer)
        return answer
      }
    },
  }
}

/** Runs the child to its end, and says in a line why not all was answered. */
async function ask(
  { netFd, program, path, vantage, exclude, addresses, parseAnswer }: ElsewhereOptions,
  { targets, mode }: Pick<ProbeRequest, 'targets' | 'mode'>,
  signal: AbortSignal,
  onAnswer: (answer: ProbeAnswer) => void,
): Promise<string> {
  const request: ProbeRequest = { targets, mode, vantage, exclude, addresses }
  // Our own descriptor, which no path of the container's can be put in the place of; the child keeps none of it.
  const child = execa('nsenter', [`--net=/proc/${process.pid}/fd/${netFd}`, '--', ...program], {
    input: JSON.stringify(request),
    extendEnv: false,
    env: { PATH: path },
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 1000,
    maxBuffer: OUTPUT_BYTES,
  })
  for await (const line of child) onAnswer(parseAnswer(line))
  const { exitCode, code, stderr, shortMessage } = await child
  if (code === 'ENOENT') return 'nsenter is not installed'
  if (exitCode === 0) return 'it gave no answer'
  return stderr.trim().split('\n').at(-1) || shortMessage || 'nsenter failed'
}
