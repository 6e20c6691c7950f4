import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { gone, launch } from '../helpers/running.ts'
import { AGENT, FIRST_LOOK, start } from '../helpers/start.ts'
import { until } from '../helpers/until.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

t.test('starts its agent again when that dies', async (t) => {
  const { agentPid, origin, says, text } = await start(t)
  await says(FIRST_LOOK)
  const before = text().length

  process.kill(agentPid, 'SIGKILL')

  await says(/agent ended by SIGKILL; starts again in 0\.5 s\n/, before)
  const again = await says(AGENT, before)
  t.not(Number(again.groups?.['pid']), agentPid)
  t.equal((await fetch(`${origin}/healthz`)).status, 200)
})

t.test('takes its agent along even when it is killed', async (t) => {
  const { agentPid, end, says } = await start(t)
  await says(FIRST_LOOK)

  await end('SIGKILL')

  await gone(agentPid)
})

t.test('takes a Ctrl-C that comes twice, as npm sends it, for one', async (t) => {
  const { agentPid, child, end, says } = await start(t)
  await says(FIRST_LOOK)

  child.kill('SIGINT')

  t.equal(await end('SIGINT'), 0)
  await gone(agentPid)
})

t.test('does not wait any longer when Ctrl-C is pressed again', async (t) => {
  const { agentPid, child, says } = await start(t)
  await says(FIRST_LOOK)
  // An agent that is stopped cannot say goodbye.
  process.kill(agentPid, 'SIGSTOP')

  child.kill('SIGINT')
  await says(/stopping\n/)

  t.equal(await until(() => child.exitCode ?? pressAgain(child)), 130)
  await gone(agentPid)
})

t.test('keeps its agent out of the terminal group, and its secret out of its command line', async (t) => {
  const { agentPid, child } = await start(t)
  const groupOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]
  const secret = /(?<=^|\0)NSENTINEL_SECRET=(?<secret>[\w-]+)/.exec(readFileSync(`/proc/${agentPid}/environ`, 'utf8'))

  t.not(groupOf(agentPid), groupOf(child.pid ?? 0))
  t.equal(secret?.groups?.['secret']?.length, 43)
  t.notMatch(readFileSync(`/proc/${agentPid}/cmdline`, 'utf8'), secret?.groups?.['secret'])
})

t.test('passes its own settings on to the agent, and no foreign variable', async (t) => {
  const running = launch(t, ['start', '--port', '0', '--node-name', 'by-flag'], {
    NSENTINEL_COLLECTOR: 'wss://elsewhere.invalid',
    NSENTINEL_TOKEN_FILE: '/nonexistent',
    NSENTINEL_INTERVAL: '2s',
  })

  await running.says(/\nnode {6}by-flag /)
})

function pressAgain(child: ChildProcess): undefined {
  child.kill('SIGINT')
}
