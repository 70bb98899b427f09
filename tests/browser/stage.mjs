// What the browser tests stand on: products of their own, one browser for each file, and pages that must
// end without a complaint.
//
//   NILOMETER_BINARY      the product                    (target/release/nilometer of this repository)
//   CHROMIUM              the browser                    (/usr/bin/chromium)
//   NILOMETER_TEST_SHOTS  where screenshots go, in light and in dark; without it only failures are kept
//
// By hand: npm test, or node --test list.test.mjs
//
// Invariants:
// - whatever is started ends with the file that started it;
// - every wait is for an event and has a limit;
// - a page ends with no console error, no request to another host, no breach of the content security
//   policy (Chromium says a breach as a console error) and no dialog of the browser.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export const WAIT_MS = 20_000
const LOOK_EVERY_MS = 30
export const BINARY = process.env.NILOMETER_BINARY ?? fileURLToPath(new URL('../../target/release/nilometer', import.meta.url))
const SHOTS = process.env.NILOMETER_TEST_SHOTS
const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

const scratch = mkdtempSync(join(tmpdir(), 'nilometer-browser-'))
const running = new Set()
let browser
let failed = false

before(async () => {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, headless: true, args: FLAGS.split(' '), timeout: WAIT_MS })
})

after(async () => {
  await browser?.close()
  for (const child of running) child.kill('SIGKILL')
  if (failed) console.log(`kept for a look: ${scratch}`)
  else rmSync(scratch, { recursive: true, force: true })
})

/** A directory of this file's. */
export function directory(name) {
  const path = join(scratch, name)
  mkdirSync(path, { recursive: true })
  return path
}

/** Waits until `look` gives something. */
export async function until(what, look, limitMs = WAIT_MS) {
  for (const end = Date.now() + limitMs; ; ) {
    const found = await look()
    if (found) return found
    assert.ok(Date.now() < end, `${what}: not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A process of the binary, with nothing of our environment that could configure it. */
export function start(name, parameters) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('NILOMETER_') && key !== 'STATE_DIRECTORY'))
  const log = openSync(join(scratch, `${name}.log`), 'a')
  const child = spawn(BINARY, parameters, { env, stdio: ['ignore', log, log] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Ends a process as an operator would, and waits for it. */
export async function stop(child, signal = 'SIGTERM') {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

/** A running product. The same name finds the same data again. */
export class Product {
  /** `role` is serve or up; `host` is where it listens. */
  static async start(name, { role = 'serve', host = '127.0.0.1', port, parameters = [] } = {}) {
    const product = new Product()
    product.port = port ?? (await freePort())
    product.url = `http://127.0.0.1:${product.port}`
    product.data = directory(`${name}-data`)
    product.root = directory(`${name}-root`)
    const where = role === 'up' ? ['--rootfs', product.root, '--node', 'node0'] : []
    product.child = start(name, [role, '--data', product.data, '--listen', `${host}:${product.port}`, ...where, ...parameters])
    await until('life', async () => {
      assert.equal(product.child.exitCode, null, `it ended: ${join(scratch, `${name}.log`)}`)
      return fetch(`${product.url}/livez`).then((answer) => answer.ok, () => false)
    })
    if (host === '127.0.0.1') await until('ready', async () => (await fetch(`${product.url}/readyz`)).ok)
    return product
  }

  /** The first token of a role in its file. */
  token(role) {
    const line = readFileSync(join(this.data, 'tokens'), 'utf8').split('\n').find((said) => said.startsWith(`${role} `))
    return line.split(' ').at(-1)
  }

  /** A container's log below its root: writes lines of `[milliseconds, text]` as a runtime would. */
  container(name) {
    const pod = join(this.root, `var/log/pods/shop_${name}-6d5f7c9b8-x2k4p_${randomUUID()}/${name}`)
    mkdirSync(pod, { recursive: true })
    const path = join(pod, '0.log')
    const text = (lines) => lines.map(([ms, said]) => `${new Date(ms).toISOString().replace('Z', '000000Z')} stdout F ${said}\n`).join('')
    return { path, write: (...lines) => appendFileSync(path, text(lines)) }
  }

  /** Waits until so many lines match. */
  async holds(q, count) {
    await until(`${count} lines of ${q}`, async () => (await this.records({ q })).length >= count)
  }

  async ingest(lines, token) {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    for (let at = 0; at < lines.length; at += 5_000) {
      const part = lines.slice(at, at + 5_000)
      const body = part.map((line) => `${JSON.stringify(line)}\n`).join('')
      const answer = await (await fetch(`${this.url}/api/v1/ingest`, { method: 'POST', body, headers })).json()
      assert.deepEqual(answer, { accepted: part.length, refused: [] })
    }
  }

  /** An answer of the API, which must be one. */
  async get(path, parameters = {}) {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
    const text = await response.text()
    assert.equal(response.status, 200, text)
    return text
  }

  async records(parameters) {
    return JSON.parse(await this.get('logs', { limit: 10_000, order: 'asc', ...parameters })).records
  }

  /** The address of the Logs page in a state. */
  page(parameters = {}) {
    return `${this.url}/logs?${new URLSearchParams(parameters)}`
  }
}

/** What a page complains of while it is looked at. */
function complaintsOf(page, origins) {
  const complaints = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => origins().some((origin) => request.url().startsWith(`${origin}/`)) || /^blob:|^data:/.test(request.url()) || complaints.push(`asks ${request.url()}`))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return complaints
}

/** A page of its own for a test. `allows` is what the browser may complain of; `context` is Playwright's. */
export function inPage(name, { allows, context: options, product }, body) {
  test(name, { timeout: 6 * WAIT_MS }, async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', permissions: ['clipboard-read', 'clipboard-write'], ...options })
    const page = await context.newPage()
    const complaints = complaintsOf(page, () => [product().url])
    page.setDefaultTimeout(WAIT_MS)
    try {
      await body(page, product())
      assert.deepEqual(complaints.filter((complaint) => !(allows ?? /^$/).test(complaint)), [])
    } catch (error) {
      failed = true
      await page.screenshot({ path: join(SHOTS ?? scratch, `failed-${name.replaceAll(/\W+/g, '-')}.png`) }).catch(() => {})
      throw error
    } finally {
      await context.close()
    }
  })
}

/** The state as it is now, in both themes, for human eyes. */
export async function shot(page, name) {
  if (SHOTS === undefined) return
  mkdirSync(SHOTS, { recursive: true })
  const chosen = await page.evaluate(() => document.documentElement.dataset.theme)
  for (const theme of ['light', 'dark']) {
    await page.evaluate((said) => (document.documentElement.dataset.theme = said), theme)
    await page.screenshot({ path: join(SHOTS, `${name}-${theme}.png`), animations: 'disabled' })
  }
  await page.evaluate((said) => {
    if (said === undefined) delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = said
  }, chosen)
}
