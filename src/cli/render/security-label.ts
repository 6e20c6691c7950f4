import type { SecurityLabel } from '../../model/container.ts'
import { shown } from './text.ts'

/** Says by which Linux Security Module a task is confined, in its own words. */
export function labelWords({ module, label, confines }: SecurityLabel): string {
  if (module === 'none') return 'no LSM label'
  if (module === 'unknown') return 'LSM label unknown'
  return `${module === 'other' ? 'LSM label' : module} ${shown(label)}${confines ? '' : ', which confines nothing'}`
}
