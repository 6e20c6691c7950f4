import type { ContainerView, FindingView, PortView } from '../../src/model/view.ts'
import type { Started } from './start.ts'

/** What a person who has logged in may ask. */
export interface Session {
  findings(query: Readonly<Record<string, string>>): Promise<readonly FindingView[]>
  containers(query: Readonly<Record<string, string>>): Promise<readonly ContainerView[]>
  ports(query: Readonly<Record<string, string>>): Promise<readonly PortView[]>
}

/** Logs in with the one-time token that `start` printed, and asks its API with the cookie that this gives. */
export async function logIn({ origin, token }: Pick<Started, 'origin' | 'token'>): Promise<Session> {
  const login = await fetch(`${origin}/?token=${token}`, { redirect: 'manual' })
  if (login.status !== 303) throw new Error(`logging in at ${origin} gave status ${login.status}`)
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const list = async (path: string, query: Readonly<Record<string, string>>) => {
    const response = await fetch(`${origin}/api/v1/${path}?${new URLSearchParams(query)}`, { headers: { cookie } })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`asking for ${path} gave status ${response.status}: ${text}`)
    return JSON.parse(text).items
  }
  return {
    findings: (query) => list('findings', query),
    containers: (query) => list('containers', query),
    ports: (query) => list('ports', query),
  }
}
