import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { nsentinel } from '../helpers/cli.ts'

t.test('shows help with an example for every command', async (t) => {
  const { stdout: top, exitCode } = await nsentinel(['--help'])
  const commands = [...top.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name ?? '')

  t.equal(exitCode, 0)
  t.matchSnapshot(top, 'nsentinel')
  for (const command of commands) {
    const { stdout } = await nsentinel([command, '--help'])
    t.matchSnapshot(stdout, command)
    t.match(stdout, `Example:\n  nsentinel ${command}`)
  }
})

t.test('shows help and exits 2 when it is told nothing', async (t) => {
  const { exitCode, stdout, stderr } = await nsentinel([])

  t.equal(exitCode, 2)
  t.equal(stdout, '')
  t.match(stderr, 'Usage: nsentinel')
})

t.test('tells its version', async (t) => {
  const { exitCode, stdout } = await nsentinel(['--version'])

  t.equal(exitCode, 0)
  t.equal(stdout, packageJson.version)
})
