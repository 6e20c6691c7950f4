/** Refuses a move before anything is touched; whoever asked can mend it. */
export function refuseMove(message: string, cause?: unknown): never {
  throw Object.assign(new Error(message, { cause }), { code: 'move-refused' })
}
