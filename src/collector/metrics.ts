import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client'
import type { Hub } from '../transport/hub.ts'
import type { Audit } from './audit.ts'
import type { Failures } from './auth/failures.ts'
import type { CommandDesk } from './commands/desk.ts'
import type { LiveClients } from './live.ts'

export interface MetricsDeps {
  /** Others may add figures of their own to it. */
  readonly registry: Registry
  readonly failures: Failures
  readonly live: LiveClients
  readonly agents: Pick<Hub, 'figures'>
  readonly audit: Pick<Audit, 'refused'>
  readonly commands: Pick<CommandDesk, 'ended'>
}

/** Measures the collector's own work and serves the figures at /metrics. */
export function serveMetrics(
  app: FastifyInstance,
  { registry, failures, live, agents, audit, commands }: MetricsDeps,
): void {
  collectDefaultMetrics({ register: registry })
  measureRequests(app, registry)
  countAgents(registry, agents)
  countRefusals(registry, audit)
  countCommands(registry, commands)
  countDashboards(registry, live)
  countFailures(registry, failures)
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    reply.type(registry.contentType)
    return registry.metrics()
  })
}

function measureRequests(app: FastifyInstance, registry: Registry): void {
  const seconds = new Histogram({
    name: 'nsentinel_http_request_duration_seconds',
    help: 'How long requests took, by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    seconds.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
}

function countAgents(registry: Registry, agents: Pick<Hub, 'figures'>): void {
  new Gauge({
    name: 'nsentinel_agents',
    help: 'Agents connected now',
    registers: [registry],
    collect() {
      this.set(agents.figures.connected)
    },
  })
  new Counter({
    name: 'nsentinel_agent_connections_ended_total',
    help: 'Connections of agents that the collector ended, by reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [reason, total] of Object.entries(agents.figures.ended)) this.inc({ reason }, total)
    },
  })
  new Counter({
    name: 'nsentinel_late_replies_total',
    help: 'Replies of agents to commands that nobody waited for any more',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(agents.figures.lateReplies)
    },
  })
}

function countRefusals(registry: Registry, audit: Pick<Audit, 'refused'>): void {
  new Counter({
    name: 'nsentinel_agent_refusals_total',
    help: 'Agents and frames that were refused, by reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [reason, total] of audit.refused) this.inc({ reason }, total)
    },
  })
}

function countCommands(registry: Registry, commands: Pick<CommandDesk, 'ended'>): void {
  new Counter({
    name: 'nsentinel_commands_total',
    help: 'What operators asked of nodes at this collector, by command and how it ended',
    labelNames: ['command', 'status'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { command, status, total } of commands.ended) this.inc({ command, status }, total)
    },
  })
}

function countDashboards(registry: Registry, live: LiveClients): void {
  new Gauge({
    name: 'nsentinel_dashboards',
    help: 'Dashboards that watch now',
    registers: [registry],
    collect() {
      this.set(live.figures.connected)
    },
  })
  new Counter({
    name: 'nsentinel_dashboards_dropped_total',
    help: 'Dashboards dropped because they were too slow or did not answer',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(live.figures.dropped)
    },
  })
}

function countFailures(registry: Registry, failures: Failures): void {
  new Counter({
    name: 'nsentinel_login_failures_total',
    help: 'Refused tokens, by who showed them',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [kind, total] of Object.entries(failures.totals)) this.inc({ kind }, total)
    },
  })
}
