import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import type { Test } from 'tap'
import { buildDashboard } from '../../scripts/build-dashboard.ts'
import { type OpenedPage, openPage } from './browser.ts'
import type { GivenCollector } from './collector.ts'
import { type Fleet, startFleet } from './fleet.ts'

export interface Dashboard extends OpenedPage {
  readonly fleet: Fleet
}

/** Starts a collector that serves the dashboard as it is now, whatever was built before. */
export async function startDashboard(t: Test, given: GivenCollector = {}): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-dashboard-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await buildDashboard(folder)
  return startFleet(t, { dashboard: folder, ...given })
}

/** Likewise, with a browser that is logged in. */
export async function openDashboard(t: Test, options: BrowserContextOptions = {}): Promise<Dashboard> {
  const fleet = await startDashboard(t)
  const opened = await openPage(t, options)
  await opened.page.goto(fleet.logins.at(-1) ?? '')
  await opened.page.getByRole('status').getByText('live', { exact: true }).waitFor()
  return { ...opened, fleet }
}
