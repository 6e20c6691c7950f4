import { readFileSync } from 'node:fs'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { nsentinelHere } from '../helpers/cli.ts'

const COMMANDS = ['start', 'scan', 'probe', 'replay', 'agent', 'collector', 'ask']

t.test('lists every command', async (t) => {
  const { stdout, exitCode } = await nsentinelHere(['--help'])

  t.equal(exitCode, 0)
  t.matchSnapshot(stdout, 'nsentinel')
})

t.test('shows help with one example for every command', async (t) => {
  const helps = await Promise.all(COMMANDS.map((command) => nsentinelHere([command, '--help'])))

  for (const [index, { stdout, exitCode }] of helps.entries()) {
    const command = COMMANDS[index] ?? ''
    t.equal(exitCode, 0)
    t.matchSnapshot(stdout, command)
    t.match(stdout, `Example:\n  nsentinel ${command}`)
  }
})

t.test('shows help and exits 2 when it is told nothing', async (t) => {
  const { exitCode, stdout, stderr } = await nsentinelHere([])

  t.equal(exitCode, 2)
  t.equal(stdout, '')
  t.match(stderr, 'Usage: nsentinel')
})

t.test('tells its version', async (t) => {
  const { exitCode, stdout } = await nsentinelHere(['--version'])

  t.equal(exitCode, 0)
  t.equal(stdout, packageJson.version)
})

t.test('documents every flag', async (t) => {
  const documented = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  const helps = await Promise.all(COMMANDS.map((command) => nsentinelHere([command, '--help'])))
  const flags = new Set(helps.flatMap(({ stdout }) => stdout.match(/(?<=^ {2})--[a-z-]+/gm) ?? []))

  t.ok(flags.size > 15)
  t.strictSame(
    [...flags].filter((flag) => !documented.includes(`\`${flag}`)),
    [],
  )
})
