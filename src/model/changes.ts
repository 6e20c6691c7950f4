import type { Container, Sharing } from './container.ts'
import type { Finding, Report } from './finding.ts'
import type { Gap } from './gap.ts'
import { type Baseline, eachKind, type NamespaceKind } from './namespace.ts'
import type { Node } from './node.ts'
import { type Port, type PortState, portKey } from './port.ts'

export const STATE_TYPES = ['node', 'container', 'port', 'finding', 'gap'] as const

export type StateType = (typeof STATE_TYPES)[number]

/** The node's row in the keyed state: its facts, and what verdicts are given against. */
export interface NodeState extends Node {
  readonly baseline: Baseline
  readonly policyHash: string | null
}

/** A container's row: without the counts, which change at every look. */
export type ContainerState = Omit<Container, 'processes'>

/** One row of the agent's keyed state. */
export type StateItem =
  | { readonly type: 'node'; readonly key: string; readonly value: NodeState }
  | { readonly type: 'container'; readonly key: string; readonly value: ContainerState }
  | { readonly type: 'port'; readonly key: string; readonly value: PortState }
  | { readonly type: 'finding'; readonly key: string; readonly value: Finding }
  | { readonly type: 'gap'; readonly key: string; readonly value: Gap }

/** One change of the keyed state; `at` in Unix milliseconds by the agent's clock. */
export type Change =
  | ({ readonly op: 'put'; readonly at: number; readonly cause?: string } & StateItem)
  | {
      readonly op: 'delete'
      readonly at: number
      readonly type: StateType
      readonly key: string
      /** Why it went: a finding's `fixed` (subject there, fact not) or `gone`. */
      readonly cause?: string
    }

/** A change with its place in the epoch's order; the first is 1. */
export type StateEvent = Change & { readonly seq: number }

/** The whole state, each row by `stateKey`. */
export type KeyedState = ReadonlyMap<string, StateItem>

/** The key of a row in the whole state. */
export function stateKey(type: string, key: string): string {
  return `${type}/${key}`
}

/** Lays out a report as keyed rows; volatile values (times, counts) are left out. */
export function stateOf(report: Report): KeyedState {
  const { node, baseline, policyHash, containers, ports, findings, gaps } = report
  const items: StateItem[] = [
    { type: 'node', key: node.name, value: { ...node, baseline, policyHash } },
    ...containers.map((container) => ({ type: 'container', key: container.id, value: steady(container) }) as const),
    ...ports.map((port) => ({ type: 'port', key: portKey(port), value: withoutTimes(port) }) as const),
    ...findings.map((value) => ({ type: 'finding', key: value.id, value }) as const),
    ...gaps.map((value) => ({ type: 'gap', key: gapKey(value), value }) as const),
  ]
  return new Map(items.map((item) => [stateKey(item.type, item.key), item]))
}

/** Gives the findings of a state. */
export function findingsOf(state: KeyedState): Finding[] {
  return Array.from(state.values()).flatMap((item) => (item.type === 'finding' ? [item.value] : []))
}

/** Tasks in sub-namespaces of their own come and go with every page of a browser: that they are there is all that is kept. */
function steady({ processes: _, sharing, ...container }: Container): ContainerState {
  const foreign = (kind: NamespaceKind): Sharing => {
    const { others, ...rest } = sharing[kind]
    return { ...rest, others: others.filter(({ relation }) => relation !== 'own') }
  }
  return { ...container, sharing: eachKind(foreign) }
}

/** When a port was asked and how long it took to answer is no change of it. */
function withoutTimes({ probe, ...port }: Port): PortState {
  if (probe === undefined) return port
  return { ...port, probe: probe.map(({ at: _at, latencyMs: _latencyMs, ...answer }) => answer) }
}

/** Gives the changes that turn one state into another: deletes first, then puts, in the order of the states. */
export function diff(before: KeyedState, after: KeyedState, at: number): Change[] {
  const changes: Change[] = []
  for (const [key, item] of before) {
    if (after.has(key)) continue
    const cause = item.type === 'finding' ? { cause: resolutionOf(item.value, after) } : {}
    changes.push({ op: 'delete', at, type: item.type, key: item.key, ...cause })
  }
  for (const [key, item] of after) {
    const old = before.get(key)
    if (old === undefined || !equal(old.value, item.value)) changes.push({ op: 'put', at, ...item })
  }
  return changes
}

/** Gives the state after these changes; the state itself is not touched. */
export function reduce(state: KeyedState, changes: readonly Change[]): KeyedState {
  const next = new Map(state)
  for (const change of changes) {
    const key = stateKey(change.type, change.key)
    if (change.op === 'delete') next.delete(key)
    else next.set(key, itemOf(change))
  }
  return next
}

function itemOf(change: Extract<Change, { op: 'put' }>): StateItem {
  const { op: _op, at: _at, cause: _cause, ...item } = change
  return item
}

function gapKey(gap: Gap): string {
  return [gap.source, gap.subject, gap.reason].join('/')
}

/** A finding that went is `fixed` where its container is still there, `gone` where it is not. */
function resolutionOf(finding: Finding, after: KeyedState): 'fixed' | 'gone' {
  const { containerId } = finding.subject
  return containerId === undefined || after.has(stateKey('container', containerId)) ? 'fixed' : 'gone'
}

/** Rows of one process have their properties in one order, so that their JSON is the same; those that were kept have not. */
function equal(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right) || hasSameJson(left, right)
}

/** Tells whether two values are the same as JSON, in whatever order their properties stand. */
function hasSameJson(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return left === right
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...names].every((name) => hasSameJson(Reflect.get(left, name), Reflect.get(right, name)))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
