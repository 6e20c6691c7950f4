import * as z from 'zod'

export const count = z.int().nonnegative()

/** Where an odd task came from. */
export const origin = z.object({
  exe: z.string().nullable(),
  parents: z.array(z.object({ pid: count, comm: z.string(), exe: z.string().nullable() })),
  loginUid: count.nullable(),
  sessionId: count.nullable(),
  cgroup: z.string(),
})

/** A task by its identity, and where it came from. */
export const taskReference = z.object({
  pid: count,
  tid: count,
  startTime: count,
  comm: z.string(),
  origin: origin.exactOptional(),
})

/** Some tasks by name, and how many there are. */
export const taskGroup = z.object({ tasks: z.array(taskReference), total: count })
