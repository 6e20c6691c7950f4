import type { IpcObject } from '../../model/reach.ts'

const PERMISSION_DIGITS = 3

/**
 * Lists the objects in the text of /proc/sysvipc/shm, sem or msg, sysvipc(7), in the order of key, owner and mode. Ids,
 * sizes and times are left out: applications make and remove private objects all the time.
 *
 * @throws {SyntaxError} when it is not such a table
 */
export function parseSysvObjects(text: string): IpcObject[] {
  const [head = '', ...rows] = text.split('\n').filter((line) => line.trim() !== '')
  const names = head.trim().split(/\s+/)
  const [key, perms, uid] = ['key', 'perms', 'uid'].map((name) => names.indexOf(name))
  if (key !== 0 || perms === undefined || perms < 0 || uid === undefined || uid < 0) {
    throw new SyntaxError('not a table of /proc/sysvipc')
  }
  const objects = rows.map((row) => {
    const fields = row.trim().split(/\s+/)
    return objectOf(fields[key], fields[perms], fields[uid])
  })
  return objects.toSorted((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? -1 : 1))
}

function objectOf(key = '', perms = '', uid = ''): IpcObject {
  if (!/^-?\d+$/.test(key) || !/^[0-7]+$/.test(perms) || !/^\d+$/.test(uid)) {
    throw new SyntaxError('not a row of /proc/sysvipc')
  }
  // The kernel shows the key as a signed number, and flags of its own before the permissions.
  const hex = (Number(key) >>> 0).toString(16).padStart(8, '0')
  return { key: `0x${hex}`, uid: Number(uid), mode: perms.slice(-PERMISSION_DIGITS).padStart(PERMISSION_DIGITS, '0') }
}

function sortKeyOf({ key, uid, mode }: IpcObject): string {
  return [key, String(uid).padStart(10, '0'), mode].join(' ')
}
