import * as z from 'zod'

/** What a service account's token says of itself. Anybody can write such words: they explain a refusal, and prove nothing. */
export interface Claims {
  readonly subject: string
  readonly audiences: readonly string[]
  /** Unix milliseconds. */
  readonly expiresAt: number
}

const JWT = /^[\w-]+\.(?<payload>[\w-]+)\.[\w-]+$/

const payload = z.object({
  sub: z.string(),
  aud: z.union([z.string().transform((audience) => [audience]), z.array(z.string())]),
  exp: z.number(),
})

/** Reads what a token says of itself (RFC 7519); null for one that is none of a service account. */
export function claimsOf(token: string): Claims | null {
  const encoded = JWT.exec(token)?.groups?.['payload']
  const { data } = payload.safeParse(encoded === undefined ? null : parseJson(Buffer.from(encoded, 'base64url')))
  return data === undefined ? null : { subject: data.sub, audiences: data.aud, expiresAt: data.exp * 1000 }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
