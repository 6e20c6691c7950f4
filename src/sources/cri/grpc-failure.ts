import type { ServiceError } from '@grpc/grpc-js'
import { type Failure, failed } from './answer.ts'

/** gRPC's status codes (google.rpc.Code), by number: the library itself is loaded only where a runtime is. */
const REASONS: Readonly<Record<number, Failure['reason']>> = {
  1: 'timeout', // CANCELLED, by our own signal
  4: 'timeout', // DEADLINE_EXCEEDED
  5: 'not-found',
  7: 'denied', // PERMISSION_DENIED
  8: 'too-large', // RESOURCE_EXHAUSTED
  12: 'unsupported', // UNIMPLEMENTED
  14: 'gone', // UNAVAILABLE
  16: 'denied', // UNAUTHENTICATED
}

/** What differs from call to call, as the library writes it: else the same gap would be another one at every look. */
const VOLATILE = / ?\(\d{4}-\d\d-\d\dT[\d:.]+Z\)| after \d+(?:\.\d+)?s,.*$/gs

/** Says why a call failed. A code of which nothing follows here means that its answer was no use. */
export function failureOf({ code, details }: Pick<ServiceError, 'code' | 'details'>): Failure {
  return failed(REASONS[code] ?? 'malformed', details.replace(VOLATILE, '')).failure
}
