// The page of a running Nilometer in a real browser. It writes its own lines as a container would, below
// the root that the product watches, and finds them on the screen.
//
//   NILOMETER_URL           the product, running                     (http://127.0.0.1:6456)
//   NILOMETER_TEST_ROOTFS   its --rootfs; a pod's log is made in it  (needed)
//   CHROMIUM                the browser                              (/usr/bin/chromium)
//   NILOMETER_TEST_SHOTS    where screenshots go                     (a temporary directory, printed)
//
// By hand: nilometer up --data /tmp/n --rootfs /tmp/root & NILOMETER_TEST_ROOTFS=/tmp/root npm test
//
// Every wait is for an event and has a limit; every test ends with no console error, no request to another
// host, no breach of the content security policy.

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const BASE = (process.env.NILOMETER_URL ?? 'http://127.0.0.1:6456').replace(/\/$/, '')
const ROOTFS = process.env.NILOMETER_TEST_ROOTFS
const SHOTS = process.env.NILOMETER_TEST_SHOTS ?? mkdtempSync(join(tmpdir(), 'nilometer-shots-'))
const WAIT_MS = 20_000
const LINES = 700
const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

const RUN = `run${randomBytes(4).toString('hex')}`
const PAYLOAD = `<script>window.pwned=1</script><img src=x onerror="window.pwned=1"> ${RUN} payload`
let browser
let file

before(async () => {
  assert.ok(ROOTFS, 'NILOMETER_TEST_ROOTFS: the --rootfs of the product under test')
  const pod = join(ROOTFS, `var/log/pods/shop_browser-6d5f7c9b8-x2k4p_${randomUUID()}/app`)
  mkdirSync(pod, { recursive: true })
  mkdirSync(SHOTS, { recursive: true })
  file = join(pod, '0.log')
  const start = Date.now() - 60_000
  const lines = Array.from({ length: LINES }, (_, i) => [start + i, words(i)])
  write(...lines, [start + LINES, PAYLOAD])
  await held(LINES + 1)
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, headless: true, args: FLAGS.split(' '), timeout: WAIT_MS })
})

after(async () => {
  await browser?.close()
  console.log(`screenshots: ${SHOTS}`)
})

/** Mostly requests, some failures: what the screenshots are judged by. */
function words(i) {
  if (i % 41 === 7) return `ERROR order ${1000 + i} failed: upstream connect error, connection refused ${RUN}`
  if (i % 41 === 19) return `WARN retry 2 of 5 for cart ${i % 97} after 250 ms ${RUN}`
  return `INFO GET /api/orders/${(i * 37) % 9973} 200 ${i % 90} ms ${RUN}`
}

function write(...lines) {
  appendFileSync(file, lines.map(([ms, text]) => `${new Date(ms).toISOString().replace('Z', '000000Z')} stdout F ${text}\n`).join(''))
}

/** Waits until the server holds so many lines of this run. */
async function held(count) {
  const until = Date.now() + WAIT_MS
  let records = []
  while (Date.now() < until) {
    const response = await fetch(`${BASE}/api/v1/logs?q=${RUN}&limit=10000`)
    const answer = await response.json()
    assert.equal(response.status, 200, JSON.stringify(answer))
    records = answer.records
    if (records.length >= count) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`${records.length} of ${count} lines arrived in ${WAIT_MS} ms`)
}

/** A page of its own for a test, which must end without a complaint of the browser. */
function inPage(name, options, body) {
  test(name, { timeout: 6 * WAIT_MS }, async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', ...options.context })
    const page = await context.newPage()
    const complaints = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => request.url().startsWith(`${BASE}/`) || complaints.push(`asks ${request.url()}`))
    page.setDefaultTimeout(WAIT_MS)
    try {
      await body(page)
      const said = complaints.filter((complaint) => !(options.allows ?? /^$/).test(complaint))
      assert.deepEqual(said, [])
    } catch (error) {
      await page.screenshot({ path: join(SHOTS, `failed-${name.replaceAll(/\W+/g, '-')}.png`) }).catch(() => {})
      throw error
    } finally {
      await context.close()
    }
  })
}

const messages = (page) => page.locator('.line .message').allInnerTexts()
const shot = (page, name) => page.screenshot({ path: join(SHOTS, `${name}.png`) })
const search = async (page, q) => {
  await page.getByLabel('Query').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.press('Control+A')
  await page.keyboard.type(q)
  await page.keyboard.press('Enter')
}
const status = (page, text) => page.locator('.status', { hasText: text }).waitFor()

inPage('the page has its name, its policy and the newest lines at its lower end', {}, async (page) => {
  const response = await page.goto(`${BASE}/`)
  const policy = response.headers()['content-security-policy'] ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
  assert.equal(await page.title(), 'Nilometer')
  await page.locator('.line .message').first().waitFor()
  const end = await page.locator('#lines').evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop)
  assert.ok(end <= 1, `${end} pixels from the newest end`)
  await shot(page, 'logs-light')
})

inPage('text of logs is text: markup in a line is shown and never run', {}, async (page) => {
  await page.goto(`${BASE}/logs?q=${RUN}`)
  await page.getByText(PAYLOAD).click()
  await page.locator('aside pre', { hasText: PAYLOAD }).waitFor()
  assert.equal(await page.evaluate('window.pwned'), undefined)
  const times = await page.locator('.line .time').allInnerTexts()
  assert.deepEqual(times, times.toSorted())
})

inPage('a query filters, stands in the address, and Back undoes it', {}, async (page) => {
  await page.goto(`${BASE}/logs?q=${RUN}`)
  await status(page, 'Newest 500 lines')
  await search(page, `${RUN} retry`)
  await status(page, `${linesWith('retry')} lines`)
  for (const message of await messages(page)) assert.match(message, /retry/)
  assert.equal(new URL(page.url()).searchParams.get('q'), `${RUN} retry`)
  await page.goBack()
  await status(page, 'Newest 500 lines')
})

inPage('older lines come in above', {}, async (page) => {
  await page.goto(`${BASE}/logs?q=${RUN}`)
  await status(page, 'Newest 500 lines')
  const reading = page.locator('.line', { hasText: PAYLOAD })
  const before = await reading.boundingBox()
  await page.keyboard.press('o')
  await page.locator('.status', { hasText: /^7\d\d lines/ }).waitFor()
  assert.deepEqual(await reading.boundingBox(), before, 'what is read does not move')
  await page.locator('#lines').evaluate((list) => (list.scrollTop = 0))
  await page.getByText(words(0)).waitFor()
})

inPage('an error stands under its column', { allows: /status of 400/ }, async (page) => {
  const refused = page.waitForResponse((response) => response.status() === 400)
  await page.goto(`${BASE}/logs?q=${encodeURIComponent(`${RUN} (`)}`)
  const { error } = await (await refused).json()
  const caret = page.getByRole('alert').getByText('^', { exact: true })
  const input = await page.getByLabel('Query').boundingBox()
  const width = await page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d')
    canvas.font = getComputedStyle(document.querySelector('input')).font
    return canvas.measureText('0').width
  })
  const { x, y } = await caret.boundingBox()
  assert.ok(Math.abs(x - (input.x + 10 + (error.column - 1) * width)) < 3, `column ${error.column} at ${x}`)
  assert.ok(y >= input.y + input.height)
  await page.getByRole('alert').getByText(error.message).waitFor()
  await shot(page, 'query-error-light')
})

inPage('the tail shows a line that is written now, waits when told to, and counts', {}, async (page) => {
  await page.goto(`${BASE}/logs?q=${RUN}&tail=1`)
  await page.getByText('Live', { exact: true }).waitFor()
  write([Date.now(), `INFO tailed one ${RUN}`])
  await page.getByText(`INFO tailed one ${RUN}`).waitFor()
  await page.keyboard.press('Space')
  await page.locator('.live', { hasText: 'Paused' }).waitFor()
  write([Date.now(), `INFO tailed two ${RUN}`], [Date.now() + 1, `INFO tailed three ${RUN}`])
  await page.locator('.pill', { hasText: '2 new lines' }).waitFor()
  assert.equal(await page.getByText(`INFO tailed two ${RUN}`).count(), 0)
  await shot(page, 'tail-paused-light')
  await page.keyboard.press('Space')
  await page.getByText(`INFO tailed three ${RUN}`).waitFor()
  const seen = (await messages(page)).filter((message) => message.includes('tailed'))
  assert.deepEqual(seen, ['one', 'two', 'three'].map((n) => `INFO tailed ${n} ${RUN}`))
  await page.keyboard.press('l')
  await page.waitForFunction(() => !location.search.includes('tail'))
})

inPage('everything can be done with the keyboard alone', {}, async (page) => {
  await page.goto(`${BASE}/`)
  await search(page, `${RUN} upstream`)
  await status(page, `${linesWith('upstream')} lines`)
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const detail = page.getByRole('complementary', { name: 'Line' })
  const newest = await detail.locator('pre').first().innerText()
  assert.match(newest, /^ERROR order/)
  assert.match(await detail.locator('.fields').innerText(), /component\s+browser/)
  await page.keyboard.press('k')
  await page.waitForFunction((text) => document.querySelector('aside pre').textContent !== text, newest)
  assert.ok(new URL(page.url()).searchParams.get('open'))
  await shot(page, 'detail-light')
  await page.reload()
  await detail.waitFor()
  await page.keyboard.press('Escape')
  await detail.waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).searchParams.get('open'), null)
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

inPage('dark follows the system, and a choice is remembered', { context: { colorScheme: 'dark' } }, async (page) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await page.goto(`${BASE}/logs?q=${RUN}`)
  await status(page, 'Newest 500 lines')
  assert.equal(await paper(), 'rgb(16, 17, 20)')
  await page.locator('.line.error').last().click()
  await page.getByRole('complementary', { name: 'Line' }).waitFor()
  await shot(page, 'detail-dark')
  await page.keyboard.press('Shift+D')
  assert.equal(await paper(), 'rgb(252, 252, 251)')
  await page.reload()
  assert.equal(await paper(), 'rgb(252, 252, 251)')
})

inPage('no match is a sentence and not an empty list', {}, async (page) => {
  await page.goto(`${BASE}/logs?q=nothing${RUN}`)
  await page.getByRole('heading', { name: /^No line matches in / }).waitFor()
  await page.getByText('None did in the 24 h before.').waitFor()
  await shot(page, 'no-match-light')
})

/** How many of the lines written at the beginning hold a word. */
function linesWith(word) {
  return Array.from({ length: LINES }, (_, i) => words(i)).filter((line) => line.includes(word)).length
}
