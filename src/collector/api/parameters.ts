import * as z from 'zod'
import { column } from '../../transport/state-schema.ts'

/** Text of one filter. */
export const text = column(256)

/** The parameters of every list. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('The most rows to give'),
  cursor: z.string().min(1).max(2048).optional().describe('The `nextCursor` of the page before'),
}
