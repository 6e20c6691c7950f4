import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { layOutBusybox } from './busybox.ts'

/** The only image of a containerd of ours: busybox, which sleeps; its pause image too. */
export const IMAGE = 'localhost/busybox:1'

/** Sleeps for ever. */
export const SLEEP = ['/bin/sleep', '2147483647']

/** Packs busybox as a tarball in OCI layout (opencontainers/image-spec image-layout.md), for want of a registry. */
export async function packImage(folder: string): Promise<string> {
  const layout = join(folder, 'layout')
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true })
  await layOutBusybox(join(folder, 'rootfs'))
  await execa('tar', ['--create', '--file', join(folder, 'layer.tar'), '--directory', join(folder, 'rootfs'), '.'])
  const layer = await addBlob(layout, await readFile(join(folder, 'layer.tar')))
  const config = await addBlob(layout, {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: SLEEP, Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  })
  const manifest = await addBlob(layout, {
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  })
  const annotations = { 'io.containerd.image.name': IMAGE }
  const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest, annotations }
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  await execa('tar', ['--create', '--file', join(folder, 'image.tar'), '--directory', layout, '.'])
  return join(folder, 'image.tar')
}

async function addBlob(layout: string, content: object): Promise<{ digest: string; size: number }> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
  const hash = createHash('sha256').update(bytes).digest('hex')
  await writeFile(join(layout, 'blobs/sha256', hash), bytes)
  return { digest: `sha256:${hash}`, size: bytes.length }
}
