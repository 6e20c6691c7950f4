/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/cli/help.test.ts > TAP > lists every command > nsentinel 1`] = `
Usage: nsentinel [options] [command]

Proves from the kernel which containers share the host's namespaces.

Options:
  -V, --version                      output the version number
  -h, --help                         display help for command

Commands:
  start [options]                    watch this machine, with a dashboard on loopback
  scan [options]                     look at this machine once and print what is so
  probe [options] [PORT...]          ask ports of this machine whether they answer, as what, and say
                                     who holds them
  replay [options] <FILE>            judge a saved snapshot again: the same findings, offline
  policy                             check a policy file, or write one
  agent [options]                    look again and again, and tell a collector what changes
  collector [options]                take in what agents tell, keep it and show it
  ask [options] <NODE> [COMMAND...]  have a collector ask a node: scan, probe PORT…, or triage

Every option of a command can be set by a variable too: --fail-on by NSENTINEL_FAIL_ON.
`

exports[`test/cli/help.test.ts > TAP > shows help with one example for every command > agent 1`] = `
Usage: nsentinel agent [options]

look again and again, and tell a collector what changes

Options:
  --collector <URL>        the collector's address, ws:// or wss://
  --token-file <FILE>      holds the enrolment token, or a service account's of Kubernetes (else
                           NSENTINEL_TOKEN does)
  --state-dir <DIR>        where the agent's own secret, what it told and what waits are kept: after
                           a restart it goes on
  --ca <FILE>              the authorities, in PEM, that may vouch for the collector (else those of
                           Node.js)
  --cert <FILE>            the agent's certificate, in PEM, for a collector that asks for one
  --key <FILE>             its certificate's key, in PEM
  --insecure               let token and results cross the network without TLS
  --policy <FILE>          what is expected here: exceptions, each with a reason (policy check
                           explains)
  --interval <TIME>        look at least this often (10s)
  --timeout <TIME>         give up when a look takes longer (30s)
  --proc <DIR>             the node's procfs: /proc, or where a container has it mounted
  --docker-socket <PATH>   Docker's socket; without it the usual place, and its absence is no gap
  --podman-socket <PATH>   podman's socket; without it the usual place and those of all users
  --cri-socket <PATH>      the CRI runtime's socket; without it the usual places of containerd,
                           CRI-O and others
  --node-name <NAME>       what to call the node (its host name)
  --nested-node            pid 1 is the init of a nested node (kind, Docker in Docker), not of our
                           own container
  --probe <WORD>           what to ask host ports: off, connect (does it answer) or identify (and as
                           what) (connect)
  --probe-exclude <LIST>   never ask these: ports, ranges and addresses such as
                           22,8000-8100/tcp,192.0.2.1
  --allow-commands <LIST>  let operators ask this through the collector: none, or some of scan,
                           probe, triage with commas between (none)
  --heartbeat-file <FILE>  written after every look, for a liveness probe
  --spool-size <SIZE>      let at most so much history wait; what is over it becomes one snapshot
                           (64MiB)
  --spool-age <AGE>        let no history wait longer (7d)
  --inspect-spool          print what the state directory holds, and end; an agent may run meanwhile
  --output <WORD>          with --inspect-spool: how to print, table or json
  --log-level <WORD>       the least level to log: debug, info, warn or error (info)
  -h, --help               display help for command

Example:
  nsentinel agent --collector wss://collector.example:7433 --token-file /run/secrets/enrolment
`

exports[`test/cli/help.test.ts > TAP > shows help with one example for every command > ask 1`] = `
Usage: nsentinel ask [options] <NODE> [COMMAND...]

have a collector ask a node: scan, probe PORT…, or triage

Options:
  --collector <URL>        the collector's address, http:// or https://
  --api-token-file <FILE>  holds a token of role operator (else NSENTINEL_API_TOKEN does)
  --ca <FILE>              the authorities, in PEM, that may vouch for the collector (else those of
                           Node.js)
  --insecure               let token and results cross the network without TLS
  --output <WORD>          how to print: table or json
  --container <NAME>       triage: about this one container; scan: explain it in full
  --fail-on <SEVERITY>     exit 1 when a finding is at or over it, 3 when something could not be
                           judged
  --allow-unknown          with --fail-on: what could not be judged is no reason to fail
  --pod <POD>              triage: about this pod
  --pid <PID>              triage: about this process, by its pid on the node
  --mode <WORD>            probe: connect (does it answer) or identify (and as what); without it,
                           whichever the agent does by itself
  --timeout <TIME>         how long the agent may take, at most 60s (30s)
  -h, --help               display help for command

Example:
  nsentinel ask node-1 probe 8080 53/udp --collector https://collector.example:7433
`

exports[`test/cli/help.test.ts > TAP > shows help with one example for every command > collector 1`] = `
Usage: nsentinel collector [options] [command]

take in what agents tell, keep it and show it

Options:
  --listen <ADDRESS:PORT>         where to listen (127.0.0.1:7433)
  --tls-cert <FILE>               speak TLS with this certificate, in PEM, followed by its
                                  authorities' in between
  --tls-key <FILE>                its key, in PEM
  --client-ca <FILE>              the authorities, in PEM, whose certificates name agents; asks
                                  agents for one
  --insecure                      listen off loopback without TLS: tokens and results can then be
                                  read along
  --store <FILE>                  keep history in this SQLite file, not only in memory
  --database-url-file <FILE>      holds the postgres:// address of a database that any number of
                                  collectors share, instead of --store (else NSENTINEL_DATABASE_URL
                                  does)
  --retain-for <AGE>              keep history, and what is resolved, for this long (30d)
  --retain-events <N>             keep at most so many events of history (10000000)
  --agent-events <N>              read at most so many events a second of one agent, 20 times as
                                  many at once (5000)
  --agent-bytes <SIZE>            read at most so much a second of one agent, 16 times as much at
                                  once (4MiB)
  --enrolment-token-file <FILE>   holds the token that agents enrol with (else
                                  NSENTINEL_ENROLMENT_TOKEN does)
  --kubernetes-account <ACCOUNT>  let agents enrol by tokens of this service account of Kubernetes
                                  (NAMESPACE/NAME), each for the node it runs on
  --kubernetes-audience <NAME>    whom these tokens must be made for (nsentinel-collector)
  --kubernetes-any-node           take tokens that name no node, as Kubernetes before 1.30 makes
                                  them, for any node
  --kubernetes-api <URL>          the API server's address (in a pod, its own cluster's)
  --kubernetes-ca <FILE>          the authorities, in PEM, that may vouch for the API server (in a
                                  pod, those it was given)
  --kubernetes-token-file <FILE>  holds the collector's own token for the API server (in a pod, the
                                  one it was given)
  --api-token-file <FILE>         holds the tokens of API clients, one a line (else
                                  NSENTINEL_API_TOKEN does)
  --login-file <FILE>             holds the address to log in at when stdout is no terminal (beside
                                  the store, .login)
  --log-level <WORD>              the least level to log: debug, info, warn or error (info)
  -h, --help                      display help for command

Commands:
  agents                          list and reset the agents that have enrolled
  backup [options] <FILE>         copy the store into a new file, while a collector uses it
  migrate [options]               move the store from its SQLite file into PostgreSQL, while no
                                  collector runs
  token                           make, list and revoke the tokens of viewers and operators

Example:
  nsentinel collector --store /var/lib/nsentinel/nsentinel.db --enrolment-token-file /run/secrets/enrolment
`

exports[`test/cli/help.test.ts > TAP > shows help with one example for every command > probe 1`] = `
Usage: nsentinel probe [options] [PORT...]

ask ports of this machine whether they answer, as what, and say who holds them

Options:
  --all                   ask every port that listens, is mapped or is declared
  --free <PORT>           tell whether this host port could be taken: exit 0 free, 1 taken, 3 cannot
                          tell; nothing is asked
  --vantage <NAME>        ask also from a container's net namespace: this one's, or pod for those
                          behind the ports
  --mode <WORD>           connect (does it answer) or identify (and as what) (identify)
  --probe-exclude <LIST>  never ask these: ports, ranges and addresses such as
                          22,8000-8100/tcp,192.0.2.1
  --output <WORD>         how to print: table or json
  --proc <DIR>            the node's procfs: /proc, or where a container has it mounted
  --docker-socket <PATH>  Docker's socket; without it the usual place, and its absence is no gap
  --podman-socket <PATH>  podman's socket; without it the usual place and those of all users
  --cri-socket <PATH>     the CRI runtime's socket; without it the usual places of containerd, CRI-O
                          and others
  --node-name <NAME>      what to call the node (its host name)
  --nested-node           pid 1 is the init of a nested node (kind, Docker in Docker), not of our
                          own container
  --timeout <TIME>        give up when it takes longer (30s)
  --schema                print the JSON schema of --output json and exit
  -h, --help              display help for command

Example:
  nsentinel probe 8080 127.0.0.1:53/udp
`

exports[`test/cli/help.test.ts > TAP > shows help with one example for every command > replay 1`] = `
Usage: nsentinel replay [options] <FILE>

judge a saved snapshot again: the same findings, offline

Options:
  --output <WORD>       how to print: table, json or ndjson
  --container <NAME>    explain this one container in full
  --fail-on <SEVERITY>  exit 1 when a finding is at or over it, 3 when something could not be judged
  --allow-unknown       with --fail-on: what could not be judged is no reason to fail
  --policy <FILE>       what is expected here: exceptions, each with a reason (policy check
                        explains)
  -h, --help            display help for command

Example:
  nsentinel replay snapshot.json --container web
`

exports[`test/cli/help.test.ts > TAP > shows help with one example for every command > scan 1`] = `
Usage: nsentinel scan [options]

look at this machine once and print what is so

Options:
  --output <WORD>         how to print: table, json or ndjson
  --container <NAME>      explain this one container in full
  --fail-on <SEVERITY>    exit 1 when a finding is at or over it, 3 when something could not be
                          judged
  --allow-unknown         with --fail-on: what could not be judged is no reason to fail
  --policy <FILE>         what is expected here: exceptions, each with a reason (policy check
                          explains)
  --proc <DIR>            the node's procfs: /proc, or where a container has it mounted
  --docker-socket <PATH>  Docker's socket; without it the usual place, and its absence is no gap
  --podman-socket <PATH>  podman's socket; without it the usual place and those of all users
  --cri-socket <PATH>     the CRI runtime's socket; without it the usual places of containerd, CRI-O
                          and others
  --node-name <NAME>      what to call the node (its host name)
  --nested-node           pid 1 is the init of a nested node (kind, Docker in Docker), not of our
                          own container
  --probe <WORD>          what to ask host ports: off, connect (does it answer) or identify (and as
                          what) (identify)
  --probe-exclude <LIST>  never ask these: ports, ranges and addresses such as
                          22,8000-8100/tcp,192.0.2.1
  --save <FILE>           keep the snapshot for replay, readable by its owner only
  --timeout <TIME>        give up when a look takes longer (30s)
  --schema                print the JSON schema of --output json and exit
  -h, --help              display help for command

Example:
  nsentinel scan --output json --fail-on high
`

exports[`test/cli/help.test.ts > TAP > shows help with one example for every command > start 1`] = `
Usage: nsentinel start [options]

watch this machine, with a dashboard on loopback

Options:
  --port <PORT>            where to listen on loopback, 0 for any free one (7433)
  --store <FILE>           keep history in this SQLite file, not only in memory
  --retain-for <AGE>       keep history, and what is resolved, for this long (30d)
  --retain-events <N>      keep at most so many events of history (10000000)
  --policy <FILE>          what is expected here: exceptions, each with a reason (policy check
                           explains)
  --interval <TIME>        look at least this often (10s)
  --timeout <TIME>         give up when a look takes longer (30s)
  --proc <DIR>             the node's procfs: /proc, or where a container has it mounted
  --docker-socket <PATH>   Docker's socket; without it the usual place, and its absence is no gap
  --podman-socket <PATH>   podman's socket; without it the usual place and those of all users
  --cri-socket <PATH>      the CRI runtime's socket; without it the usual places of containerd,
                           CRI-O and others
  --node-name <NAME>       what to call the node (its host name)
  --nested-node            pid 1 is the init of a nested node (kind, Docker in Docker), not of our
                           own container
  --probe <WORD>           what to ask host ports: off, connect (does it answer) or identify (and as
                           what) (connect)
  --probe-exclude <LIST>   never ask these: ports, ranges and addresses such as
                           22,8000-8100/tcp,192.0.2.1
  --allow-commands <LIST>  let operators ask this through the collector: none, or some of scan,
                           probe, triage with commas between (none)
  -h, --help               display help for command

Example:
  nsentinel start --port 0 --store nsentinel.db
`
