import type { ContainerState } from '../../model/changes.ts'
import type { Report } from '../../model/finding.ts'
import type { PortState } from '../../model/port.ts'

/** What people are shown of a node at one moment: the report of a scan, or what a collector keeps of the last one. */
export interface NodeReport
  extends Omit<Report, 'version' | 'containers' | 'listeners' | 'ports' | 'reach' | 'namespaces'> {
  readonly containers: readonly ContainerState[]
  readonly ports: readonly PortState[]
}
