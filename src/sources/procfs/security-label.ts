import type { SecurityLabel } from '../../model/container.ts'
import { attempt, isFailure } from './attempt.ts'

/** A profile's name is its author's choice: longer ones are cut, but for the mode at their end. */
const MAX_LENGTH = 256

/** Of apparmor(7): in the other modes, `complain` and `unconfined`, nothing is refused. */
const APPARMOR = /^(?:unconfined|.+ \((?<mode>enforce|complain|kill|unconfined|user|prompt|mixed)\))$/s
const ENFORCING: readonly (string | undefined)[] = ['enforce', 'kill', 'user', 'prompt', 'mixed']

/** `user:role:type`, and a level where there is one. */
const SELINUX = /^[^:\s]+:[^:\s]+:(?<type>[^:\s]+)(?::\S+)?$/

/** Types that the reference policy and container-selinux let do what the task's capabilities let it do. */
const UNCONFINED_TYPES: readonly (string | undefined)[] = [
  'unconfined_t',
  'unconfined_service_t',
  'spc_t',
  'kernel_t',
  'init_t',
  'initrc_t',
]

const NO_LABEL: SecurityLabel = { module: 'none', label: '', confines: false }

/** Nobody can say whether it confines, so it is not taken to. */
const UNREADABLE_LABEL: SecurityLabel = { module: 'unknown', label: '', confines: false }

/**
 * Reads the label of the task whose directory this is. AppArmor has a file of its own since Linux 5.8, beside the one
 * that is another module's where several are there.
 */
export function readSecurityLabel(readFile: (path: string) => string, directory: string): SecurityLabel {
  const labels = ['attr/apparmor/current', 'attr/current'].map((file) =>
    attempt(() => parseSecurityLabel(readFile(`${directory}/${file}`))),
  )
  const found = labels.find((label) => !isFailure(label) && label.module !== 'none')
  if (found !== undefined && !isFailure(found)) return found
  return labels.some((label) => isFailure(label) && label.failed === 'denied') ? UNREADABLE_LABEL : NO_LABEL
}

/**
 * Tells by which Linux Security Module a task is confined, from /proc/PID/attr/current, proc_pid_attr(5). The file does
 * not name the module: its text's form does.
 */
export function parseSecurityLabel(text: string): SecurityLabel {
  const label = text.replace(/[\n\0]+$/, '')
  if (label === '') return NO_LABEL
  const kept = label.slice(-MAX_LENGTH)
  const apparmor = APPARMOR.exec(label)
  if (apparmor !== null)
    return { module: 'apparmor', label: kept, confines: ENFORCING.includes(apparmor.groups?.['mode']) }
  const selinux = SELINUX.exec(label)
  if (selinux === null) return { module: 'other', label: kept, confines: false }
  return { module: 'selinux', label: kept, confines: !UNCONFINED_TYPES.includes(selinux.groups?.['type']) }
}
