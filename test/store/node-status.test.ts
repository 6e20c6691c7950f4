import { t } from 'tap'
import { nodeStatus } from '../../src/store/node-status.ts'

const MINUTE = 60_000

t.test('calls a node online while its agent is connected and looks', async (t) => {
  t.equal(nodeStatus(true, 0, 0), 'online')
  t.equal(nodeStatus(true, 0, 2 * MINUTE - 1), 'online')
})

t.test('calls a node late when its agent is cut off, or has not looked for two minutes', async (t) => {
  t.equal(nodeStatus(false, 0, 0), 'late')
  t.equal(nodeStatus(true, 0, 2 * MINUTE), 'late')
  t.equal(nodeStatus(true, 0, 10 * MINUTE - 1), 'late')
})

t.test('calls a node silent after ten minutes, connected or not', async (t) => {
  t.equal(nodeStatus(true, 0, 10 * MINUTE), 'silent')
  t.equal(nodeStatus(false, 0, 10 * MINUTE), 'silent')
})
