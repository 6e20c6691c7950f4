import type * as z from 'zod'

/**
 * Has a schema stop at the first fault. To list each of the hundreds of thousands that fit into one message takes a minute
 * and gigabytes, and whoever sends it may be anybody's. zod sets this for its own `validate` only: tests hold that it works.
 */
export const FIRST_FAULT: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true }
