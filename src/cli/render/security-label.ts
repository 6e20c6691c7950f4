import { shown } from './text.ts'

/** A label as evidence holds it, which a later version may have written. */
interface LabelShown {
  readonly module: string
  readonly label: string
  readonly confines: boolean
}

/** Tells a label from whatever else evidence may hold under its name. */
export function isLabel(value: unknown): value is LabelShown {
  if (typeof value !== 'object' || value === null || !('module' in value && 'label' in value && 'confines' in value))
    return false
  const { module, label, confines } = value
  return typeof module === 'string' && typeof label === 'string' && typeof confines === 'boolean'
}

/** Says by which Linux Security Module a task is confined, in its own words. */
export function labelWords({ module, label, confines }: LabelShown): string {
  if (module === 'none') return 'no LSM label'
  if (module === 'unknown') return 'LSM label unknown'
  return `${module === 'other' ? 'LSM label' : shown(module)} ${shown(label)}${confines ? '' : ', which confines nothing'}`
}
