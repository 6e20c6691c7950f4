import { until } from './until.ts'

/**
 * Does again what failed, until it succeeds: an engine that removes a container may find its folder or mounts busy with
 * processes of its own that clean up at the container's end.
 *
 * @throws {Error} what the last go failed with, when none succeeded in 20 s
 */
export async function persist(task: () => Promise<unknown>): Promise<void> {
  let failure: unknown
  const succeeds = () =>
    task().then(
      () => true as const,
      (error: unknown) => {
        failure = error
        return undefined
      },
    )
  await until(succeeds).catch(() => {
    throw failure
  })
}
