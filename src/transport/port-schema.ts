import * as z from 'zod'
import type { Port } from '../model/port.ts'
import { count } from './task-schema.ts'

const portNumber = z.int().min(0).max(65_535)
const effective = z.enum(['yes', 'no', 'conditional', 'unknown'])

/** What a port of the keyed state must be. */
export const port = z.object({
  family: z.enum(['ipv4', 'ipv6', 'dual', 'unknown']),
  hostAddress: z.string(),
  hostPort: portNumber,
  hostPortEnd: portNumber.exactOptional(),
  protocol: z.enum(['tcp', 'udp', 'sctp']),
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
    }),
  ),
  owners: z.array(
    z.object({
      role: z.enum(['listener', 'forwarder', 'target']),
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
}) satisfies z.ZodType<Port>
