import { launch, type Owner, type Running } from './running.ts'

/** The token that agents show to it. */
export const ENROLMENT = 'an-enrolment-token-of-a-test'
/** The token of its API client. */
export const API = 'an-api-token-of-a-test'
const LISTENS = /"url":"(?<origin>http:\/\/127\.0\.0\.1:\d+)".*"msg":"collector listens"/

/** A collector as a process of its own. */
export interface StartedCollector extends Running {
  readonly origin: string
  api(path: string): Promise<unknown>
}

/** Runs `nsentinel collector` on a free port until the test ends, and waits until it listens. */
export async function collect(
  t: Owner,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<StartedCollector> {
  const tokens = { NSENTINEL_ENROLMENT_TOKEN: ENROLMENT, NSENTINEL_API_TOKEN: API }
  const running = launch(t, ['collector', '--listen', '127.0.0.1:0', ...args], { ...tokens, ...env })
  const origin = (await running.says(LISTENS)).groups?.['origin'] ?? ''
  const api = async (path: string) => {
    const response = await fetch(`${origin}/api/v1/${path}`, { headers: { authorization: `Bearer ${API}` } })
    return response.json()
  }
  return { ...running, origin, api }
}
