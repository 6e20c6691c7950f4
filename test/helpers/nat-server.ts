import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Answers on TCP and UDP ports of every address with a name and the port: `node nat-server.ts NAME PORT…`. */
const [name = '', ...ports] = process.argv.slice(2)

for (const port of ports.map(Number)) {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(`${name} ${port}`))
  server.listen(port, '::')
  const udp = createSocket('udp6')
  udp.on('message', (_, { address, port: to }) => udp.send(`${name} ${port}`, to, address))
  udp.bind(port, '::')
  await Promise.all([once(server, 'listening'), once(udp, 'listening')])
}

process.stdin.resume().on('end', () => process.exit())
console.log('ready')
