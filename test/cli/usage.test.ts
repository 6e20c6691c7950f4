import { join } from 'node:path'
import t from 'tap'
import { nsentinelHere } from '../helpers/cli.ts'

const directory = t.testdir({ empty: '\n', short: 'short\n' })

const CASES: readonly [string[], RegExp, Record<string, string>?][] = [
  [['scan', '--colour'], /unknown option '--colour'/],
  [['scan', '--ouput', 'json'], /unknown option '--ouput' \(Did you mean --output\?\)/],
  [['scan', '--output', 'xml'], /--output: expected one of table, json, ndjson, got "xml"/],
  [['scan', '--fail-on'], /option '--fail-on <SEVERITY>' argument missing/],
  [['scan', '--timeout', 'soon'], /--timeout: expected a length of time/],
  [['scan', '--container', 'no\u001b[31msuch'], /--container: expected a name .* "no\\u001b\[31msuch"/],
  [['scan', 'extra'], /too many arguments for 'scan'/],
  [['probe'], /PORT: expected at least one port, or --all, and not both/],
  [['probe', '80', '--all'], /PORT: expected at least one port, or --all, and not both/],
  [['probe', 'http'], /PORT: expected a port such as .*, got "http"/],
  [['probe', '1-60000'], /PORT: expected a port such as .*, got "1-60000"/],
  [['probe', '80', '--mode', 'off'], /--mode: expected one of connect, identify, got "off"/],
  [['probe', '--free', '80-81'], /--free: expected a port such as .*, got "80-81"/],
  [['probe', '--free', '80', '81'], /--free: expected no other port, --all or --vantage with it/],
  [
    ['scan', '--probe-exclude', '22,ssh'],
    /--probe-exclude: expected ports, ranges and addresses such as .*, got "22,ssh"/,
  ],
  [['replay'], /missing required argument 'FILE'/],
  [['sacn'], /unknown command 'sacn' \(Did you mean scan\?\)/],
  [['collector', '--listen', '7433'], /--listen: expected ADDRESS:PORT such as .*, got "7433"/],
  [['collector', '--listen', '127.0.0.1:99999'], /--listen: expected ADDRESS:PORT/],
  [
    ['collector', '--listen', '0.0.0.0:0'],
    /--listen: expected an address of loopback \(or --insecure\), got 0\.0\.0\.0:0/,
  ],
  [
    ['collector', '--listen', '127.0.0.1:0', '--api-token-file', join(directory, 'empty')],
    /--api-token-file: .*: it is empty/,
  ],
  [['collector', '--api-token-file', '/nonexistent'], /--api-token-file: expected a file .*: ENOENT/],
  [
    ['collector', '--enrolment-token-file', join(directory, 'short')],
    /--enrolment-token-file: expected tokens of at least 16/,
  ],
  [['start', '--store', '/nodir/x.db'], /--store: expected a file that we can write, got \/nodir\/x\.db: ENOENT/],
  [['start', '--store', directory], /--store: expected a file that we can write, got .*: it is there and no regular/],
  [['collector', '--store', '/nodir/x.db'], /--store: expected a file that we can write, got \/nodir\/x\.db: ENOENT/],
  [['scan', '--save', '/nodir/x.json'], /--save: expected a file that we can write, got \/nodir\/x\.json: ENOENT/],
  [['scan', '--save', '/dev/null'], /--save: expected a file that we can write, got \/dev\/null: it is there and no/],
  [['start', '--port', '65536'], /--port: expected a port from 0 to 65535, got "65536"/],
  [['agent'], /--collector \(or NSENTINEL_COLLECTOR\) is missing: expected a ws:\/\/ or wss:\/\/ URL/],
  [['agent', '--collector', 'http://127.0.0.1'], /--collector: expected a ws:\/\/ or wss:\/\/ URL .*, got "http:/],
  [['agent', '--collector', 'ws://collector.example'], /--collector: expected wss:\/\/ off loopback \(or --insecure\)/],
  [['agent', '--collector', 'ws://127.0.0.1:1'], /--token-file \(or NSENTINEL_TOKEN\) is missing/],
  [
    ['agent', '--collector', 'ws://[::1]:1'],
    /NSENTINEL_TOKEN: expected tokens of at least 16/,
    { NSENTINEL_TOKEN: 'hunter2' },
  ],
  ...['hunter2hunter2hunter2€', 'hunter2 hunter2 hunter2', 'hunter2hunter2\u0007hunter2'].map(
    (token): [string[], RegExp, Record<string, string>] => [
      ['agent', '--collector', 'ws://127.0.0.1:1'],
      /NSENTINEL_TOKEN: expected tokens of visible ASCII characters, got one with another/,
      { NSENTINEL_TOKEN: token },
    ],
  ),
  [['agent', '--collector', 'ws://127.0.0.1:1', '--log-level', 'loud'], /--log-level: expected one of debug/],
]

for (const [args, expected, env] of CASES) {
  t.test(`refuses in one line: nsentinel ${JSON.stringify(args.join(' ').replace(directory, ''))}`, async (t) => {
    const { exitCode, stdout, stderr } = await nsentinelHere(args, env)

    t.equal(exitCode, 2)
    t.equal(stdout, '')
    t.match(stderr, /^nsentinel: \P{Cc}+$/u)
    t.match(stderr, expected)
    t.notMatch(stderr, 'hunter2')
  })
}
