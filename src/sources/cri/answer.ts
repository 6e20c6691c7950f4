import type { Gap, GapReason } from '../../model/gap.ts'

/** Why a call or a text gave nothing usable; `not-found` is a runtime's word for what ended since it was listed. */
export interface Failure {
  readonly reason: GapReason | 'not-found'
  /** For people, and bounded: the runtime may have written it. */
  readonly detail: string
}

/** What a runtime answered, or why there is no answer: a runtime's misbehaviour is data here, never an exception. */
export type Answer<Value> = { readonly ok: true; readonly value: Value } | Failed

interface Failed {
  readonly ok: false
  readonly failure: Failure
}

const DETAIL_MAX_CHARACTERS = 200

/** An answer that can be used. */
export function answered<Value>(value: Value): Answer<Value> {
  return { ok: true, value }
}

/** An answer that cannot. */
export function failed(reason: Failure['reason'], detail: string): Failed {
  return { ok: false, failure: { reason, detail: detail.slice(0, DETAIL_MAX_CHARACTERS) } }
}

/** Goes on with an answer's value; a failure stays what it is. */
export function after<Before, After>(answer: Answer<Before>, next: (value: Before) => Answer<After>): Answer<After> {
  return answer.ok ? next(answer.value) : answer
}

/** Turns a failure into the gap that it leaves. */
export function gapOf(subject: string, { reason, detail }: Failure, affects: Gap['affects']): Gap {
  return { source: 'cri', subject, reason: reason === 'not-found' ? 'gone' : reason, affects, detail }
}
