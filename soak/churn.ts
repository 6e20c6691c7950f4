import { setTimeout as delay } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { type Life, type Shape, startsOf } from './lives.ts'

/** A container that was made, kept after its end: a scan under way may still tell of it. */
export interface Made {
  readonly shape: Shape
  /** Of a guest: whose net namespace it is in. */
  readonly owner: string | null
  /** Its end was asked for. */
  ending: boolean
}

/** Lives that go on at the same time. */
const AT_ONCE = 6

const HOST_CONFIG: Readonly<Record<Exclude<Shape, 'guest'>, Dockerode.HostConfig>> = {
  plain: {},
  brief: {},
  'host-net': { NetworkMode: 'host' },
  'host-pid-ipc': { PidMode: 'host', IpcMode: 'host' },
}

/** Containers that come and go. */
export class Churn {
  /** Every container that was ever made, by its id, from before its start. */
  readonly made = new Map<string, Made>()
  readonly #docker: Dockerode
  #started = 0

  constructor(docker: Dockerode) {
    this.#docker = docker
  }

  /** How many containers were started. */
  get started(): number {
    return this.#started
  }

  /** Lives these lives, a few at once, until all are over or the signal fires. */
  async run(lives: readonly Life[], signal: AbortSignal): Promise<void> {
    const left = lives.values()
    const work = async () => {
      for (const life of left) {
        if (signal.aborted) return
        await this.#live(life, signal)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  async #live(life: Life, signal: AbortSignal): Promise<void> {
    const ids = startsOf(life) === 1 ? [await this.#start(life.shape, null)] : await this.#startPair()
    if (life.shape === 'brief') await this.#docker.getContainer(ids[0] ?? '').wait()
    else await delay(life.lifetimeMs, undefined, { signal }).catch(() => undefined)
    for (const id of life.ownerFirst ? ids : ids.toReversed()) await this.#end(id)
  }

  async #startPair(): Promise<string[]> {
    const owner = await this.#start('plain', null)
    return [owner, await this.#start('guest', owner)]
  }

  async #start(shape: Shape, owner: string | null): Promise<string> {
    const container = await this.#docker.createContainer({
      Image: 'busybox',
      ...(shape === 'brief' ? { Cmd: ['true'] } : {}),
      HostConfig: shape === 'guest' ? { NetworkMode: `container:${owner}` } : HOST_CONFIG[shape],
    })
    this.made.set(container.id, { shape, owner, ending: false })
    await container.start()
    this.#started++
    return container.id
  }

  async #end(id: string): Promise<void> {
    const made = this.made.get(id)
    if (made !== undefined) made.ending = true
    await this.#docker.getContainer(id).remove({ force: true, v: true })
  }
}
