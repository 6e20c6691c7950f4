import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { NatPacket } from '../../src/model/nat.ts'
import { createNatSource } from '../../src/sources/nat/nat.ts'

/** Long enough for an answer from the same machine; what is lost is waited for that long. */
const LOST_MS = 1500

type Asked = Pick<NatPacket, 'address' | 'port' | 'protocol'>

/** Who answers there, as `name port`, or why nobody does. */
function ask({ address, port, protocol }: Asked): Promise<string> {
  return protocol === 'udp' ? askUdp(address, port) : askTcp(address, port)
}

function askTcp(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect({ host, port, timeout: LOST_MS })
    const end = (answer: string) => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('data', (chunk) => {
      said += chunk.toString()
    })
    socket.on('end', () => end(said))
    socket.on('timeout', () => end('lost'))
    socket.on('error', (error) => end('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'lost'))
  })
}

function askUdp(address: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const end = (answer: string) => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end('lost'), LOST_MS)
    socket.on('message', (said) => end(said.toString()))
    socket.on('error', () => end('refused'))
    socket.connect(port, address, () => socket.send('?'))
  })
}

// Run with nsenter(1) inside the net namespace that it looks from: `node nat-child.ts '[{…}]'`.
const asked: readonly Asked[] = JSON.parse(process.argv[2] ?? '[]')
const report = await createNatSource({ procRoot: '/proc' }).read([], AbortSignal.timeout(20_000))
console.log(JSON.stringify({ report, answers: await Promise.all(asked.map(ask)) }))
