import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Why tests with a browser are skipped, or false; in continuous integration they fail instead. */
export const browserSkip: string | false =
  existsSync(CHROMIUM) || process.env['CI'] === 'true' ? false : `no ${CHROMIUM}: apt-get install chromium`

export interface OpenedPage {
  readonly page: Page
  /** What went wrong in the page: script errors, errors on the console, what the content security policy stopped. */
  readonly complaints: readonly string[]
}

/** Opens an empty page in a browser of its own; it ends with the test, and nothing of it is left. */
export async function openPage(t: Test, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const profile = await mkdtemp(join(tmpdir(), 'ns-browser-'))
  t.teardown(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: FLAGS, ...options })
  t.teardown(() => context.close())
  const page = context.pages()[0] ?? (await context.newPage())
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // Without the address, a resource that failed to load is not told from another.
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`.trim())
  })
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => console.error('CSP', event.violatedDirective, event.blockedURI))",
  )
  return { page, complaints }
}
