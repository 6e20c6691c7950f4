import t from 'tap'
import { findDatapaths } from '../../../src/sources/nat/datapaths.ts'

const NOTHING = { interfaces: ['lo', 'eth0', 'ciliumish', 'cali123'], pins: ['ip', 'tc'], ipvs: '' }

const IPVS = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0000202:7580 rr
  -> 0A090001:0050      Masq    1      0          0
`

t.test('finds nothing on a node without', async (t) => {
  t.strictSame(findDatapaths(NOTHING), [])
  t.strictSame(
    findDatapaths({ ...NOTHING, ipvs: IPVS.split('\n').slice(0, 3).join('\n') }),
    [],
    'ipvs without services',
  )
})

t.test('finds Cilium, Calico with eBPF, and ipvs with services', async (t) => {
  t.strictSame(findDatapaths({ ...NOTHING, interfaces: ['cilium_net', 'cilium_host'] }), [
    { name: 'cilium', evidence: 'interface cilium_net' },
  ])
  t.match(findDatapaths({ ...NOTHING, pins: ['cilium_calls_1'] }), [{ name: 'cilium' }])
  t.match(findDatapaths({ ...NOTHING, interfaces: ['bpfin.cali'] }), [{ name: 'calico-ebpf' }])
  t.match(findDatapaths({ ...NOTHING, ipvs: IPVS }), [{ name: 'ipvs', evidence: /TCP {2}C0000202:7580 rr/ }])
})
