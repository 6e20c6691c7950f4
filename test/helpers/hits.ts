import type { Container } from '../../src/model/container.ts'
import type { Hit } from '../../src/model/finding.ts'
import type { Rule } from '../../src/rules/rule.ts'
import { snapshot } from './builders.ts'

/** What a rule says of these containers, judged together. */
export function hitsOf(rule: Rule, ...containers: readonly Container[]): readonly Hit[] {
  return rule.evaluate(snapshot({ containers }))
}

/** The names of the containers that a rule hits, in its order. */
export function namesHit(rule: Rule, ...containers: readonly Container[]): (string | undefined)[] {
  return hitsOf(rule, ...containers).map(({ subject }) => subject.containerName)
}
