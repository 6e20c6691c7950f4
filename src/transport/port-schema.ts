import * as z from 'zod'
import type { PortState, ProbeAnswer } from '../model/port.ts'
import { count } from './task-schema.ts'

const portNumber = z.int().min(0).max(65_535)
const protocol = z.enum(['tcp', 'udp', 'sctp'])
const effective = z.enum(['yes', 'no', 'conditional', 'unknown'])

const probeIdentity = z.object({
  protocol: z.enum(['http', 'tls', 'ssh', 'banner', 'binary', 'none']),
  banner: z.string().exactOptional(),
  http: z
    .object({
      status: count,
      server: z.string().exactOptional(),
      title: z.string().exactOptional(),
      redirect: z.string().exactOptional(),
    })
    .exactOptional(),
  tls: z
    .object({
      version: z.string(),
      subject: z.string().exactOptional(),
      names: z.array(z.string()),
      expiresAt: z.number().nullable(),
      alpn: z.string().exactOptional(),
      distrust: z.string().exactOptional(),
    })
    .exactOptional(),
})

/** What an answer to a probe must be, without its times. */
const steadyAnswer = z.object({
  vantage: z.union([z.literal('host'), z.templateLiteral(['container:', z.string()])]),
  address: z.string(),
  port: portNumber,
  protocol,
  outcome: z.enum(['open', 'refused', 'timeout', 'reset', 'unreachable', 'silent', 'failed', 'not-asked']),
  detail: z.string().exactOptional(),
  identity: probeIdentity.exactOptional(),
})

/** What an answer to a probe must be. */
export const probeAnswer = steadyAnswer.extend({
  at: z.number(),
  latencyMs: z.number(),
}) satisfies z.ZodType<ProbeAnswer>

/** What a port of the keyed state must be. */
export const port = z.object({
  family: z.enum(['ipv4', 'ipv6', 'dual', 'unknown']),
  hostAddress: z.string(),
  hostPort: portNumber,
  hostPortEnd: portNumber.exactOptional(),
  protocol,
  mechanism: z.enum([
    'host-listener',
    'docker-proxy',
    'docker-nat',
    'cni-portmap-iptables',
    'cni-portmap-nft',
    'podman-nat',
    'rootlessport',
    'node-port',
    'load-balancer',
    'ipvs',
    'nat-rule',
    'none',
    'unknown',
  ]),
  claim: z.string(),
  effective: z.object({ outside: effective, node: effective, loopback: effective }),
  shadowedBy: z.string().exactOptional(),
  conditions: z.array(z.string()),
  targets: z.array(
    z.object({
      address: z.string(),
      port: portNumber,
      containerId: z.string().exactOptional(),
      weight: z.number().exactOptional(),
      listening: z.boolean().exactOptional(),
    }),
  ),
  owners: z.array(
    z.object({
      role: z.enum(['listener', 'forwarder', 'target', 'placeholder']),
      containerId: z.string().exactOptional(),
      pod: z.string().exactOptional(),
      pid: count.exactOptional(),
      comm: z.string().exactOptional(),
    }),
  ),
  declaredBy: z.array(
    z.object({
      by: z.enum(['docker', 'cri', 'annotation', 'image']),
      containerId: z.string(),
      hostAddress: z.string().exactOptional(),
      implicit: z.boolean(),
    }),
  ),
  rules: z.array(z.string()).exactOptional(),
  orphan: z.literal(true).exactOptional(),
  probe: z.array(steadyAnswer).exactOptional(),
}) satisfies z.ZodType<PortState>
