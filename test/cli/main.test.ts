import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { MAIN } from '../helpers/cli.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

t.test('runs as npx nsentinel in a clone, without asking a registry', async (t) => {
  const { stdout } = await execa('npx', ['--offline', 'nsentinel', '--version'], { cwd: ROOT })

  t.equal(stdout, packageJson.version)
})

t.test('says in one line that Node.js is too old, before it loads anything newer', async (t) => {
  const older = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"22.18.0"})'
  const { exitCode, stdout, stderr } = await execa(process.execPath, ['--import', older, MAIN, 'scan'], {
    reject: false,
  })

  t.equal(exitCode, 2)
  t.equal(stdout, '')
  t.equal(stderr, 'nsentinel: needs Node.js 24 or newer, this is 22.18.0')
})
