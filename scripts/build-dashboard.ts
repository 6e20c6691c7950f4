import { copyFile, glob, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { build } from 'esbuild'

/** Bundles the dashboard into a folder of its own, with the page of each rule, for where there is no internet. */
export async function buildDashboard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await build({
    entryPoints: ['src/dashboard/main.tsx', 'src/dashboard/main.css'],
    outdir: folder,
    bundle: true,
    format: 'esm',
    target: ['es2023'],
    minify: true,
    sourcemap: 'linked',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
  })
  await copyFile('src/dashboard/index.html', `${folder}/index.html`)
  for await (const page of glob('docs/rules/*.md')) await copyFile(page, `${folder}/${basename(page)}`)
}
