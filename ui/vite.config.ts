// How the web app is built: one script, one style sheet, fonts; nothing inline, so that the content
// security policy in src/lib.rs holds; each text file beside its gzip, so that nobody compresses it again.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'

/** Writes `file.gz` beside each file that gets smaller by it; not the page, which has other bytes each time. */
function gzipped(): Plugin {
  let dir = ''
  return {
    name: 'gzipped',
    apply: 'build',
    configResolved: (config) => {
      dir = join(config.root, config.build.outDir)
      if (config.build.outDir.startsWith('/')) dir = config.build.outDir
    },
    closeBundle: () => {
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|svg|txt)$/.test(name)) continue
        const bytes = readFileSync(join(dir, name))
        const small = gzipSync(bytes, { level: 9 })
        if (small.length < bytes.length) writeFileSync(join(dir, `${name}.gz`), small)
      }
    },
  }
}

export default defineConfig({
  root: 'web',
  // Nothing is written below web/: build.rs watches it.
  cacheDir: '../node_modules/.vite',
  plugins: [gzipped()],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Not all of /api: web/api is served from here. The server compares Origin with Host, so Host stays.
  server: { proxy: { '/api/v1': { target: 'http://127.0.0.1:6456', changeOrigin: false } } },
  test: { include: ['**/*.test.ts'], environment: 'node' },
})
