import { ATTACK_ESCAPE, cisDocker } from './references.ts'
import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * The runtime maps the users of its containers, and this one opted out: its user namespace inode equals the host's, so
 * that root inside is root outside, user_namespaces(7). Docker does this for `--userns=host` on a daemon with
 * userns-remap. Where nothing is remapped, the host's user namespace is what every container has.
 */
export const sharedUserNamespace: Rule = {
  id: 'shared-user-namespace',
  title: 'Container opted out of user remapping',
  inputs: ['user'],
  references: [ATTACK_ESCAPE, cisDocker('5.30')],
  evaluate: ({ containers, reach }) =>
    sharedWithHost('user', "runs in the host's user namespace although its runtime remaps users", {
      reach,
      containers: containers.filter(({ runtime }) => runtime.remapsUsers === true),
    }),
}
