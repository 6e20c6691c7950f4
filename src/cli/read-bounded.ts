import { createReadStream } from 'node:fs'

/**
 * Reads a text file, or a pipe, that may be anything and of any size.
 *
 * @param place a path, or an open descriptor
 * @throws {Error} when it holds more than so many bytes, or what the file system says
 */
export async function readBounded(place: string | number, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of typeof place === 'string' ? createReadStream(place) : createReadStream('', { fd: place })) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
