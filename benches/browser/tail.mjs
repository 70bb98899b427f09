// A tail of 2,000 lines a second while somebody types: what frames and keys take, whether every key arrives, and
// whether the list holds exactly the lines that were sent last, in their order.

import { setInterval } from 'node:timers/promises'
import { figure, framesDuring, inPage, quantile, WAIT_MS } from './chromium.mjs'

const LINES_PER_S = 2_000
const LINES = 30_000
const WRITE_EVERY_MS = 50
/** As many as a tail keeps. */
const KEPT = 10_000
const TYPED = 'component:checkout severity:>=warn "connection refused" -node:node-7 '.repeat(4)
const COMPONENT = 'tailed'

export async function tail(browser, { url }) {
  const address = `${url}/logs?${new URLSearchParams({ q: `component:${COMPONENT}`, tail: '1' })}`
  await inPage(browser, address, async (page) => {
    await page.locator('.live.on').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.press('Control+A')
    const query = page.getByLabel('Query', { exact: true })
    const writing = write(url)
    await page.locator('.list .line').first().waitFor()
    const frames = await framesDuring(page, async () => {
      const typing = (async () => {
        for (const key of TYPED) await page.keyboard.type(key)
        return writing
      })()
      await typing
    })
    figure('tail of 2,000 lines/s: p95 frame', quantile(frames, 0.95), 'ms')
    const arrived = await query.inputValue()
    figure('tail of 2,000 lines/s: typed characters that arrived', (100 * common(arrived, TYPED)) / TYPED.length, '%', '100')
    const { skipped, shown } = await atEnd(page)
    figure('tail of 2,000 lines/s: lines skipped', skipped, 'lines', '0')
    figure('tail of 2,000 lines/s: lines kept that were sent last', (100 * shown) / KEPT, '%', '100')
  })
}

/** Sends the lines as fast as they would be written. */
async function write(url) {
  const begun = performance.now()
  let sent = 0
  for await (const _ of setInterval(WRITE_EVERY_MS)) {
    const due = Math.min(LINES, Math.floor(((performance.now() - begun) * LINES_PER_S) / 1e3))
    const body = Array.from({ length: due - sent }, (_, n) => line(sent + n)).join('')
    sent = due
    const answer = await fetch(`${url}/api/v1/ingest`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`ingest answered ${answer.status}: ${await answer.text()}`)
    if (sent === LINES) return
  }
}

function line(number) {
  const severity = number % 50 === 0 ? 'error' : 'info'
  const message = `line ${number}: GET /api/orders/${number % 977} 200 in ${number % 90} ms`
  return `${JSON.stringify({ time: new Date().toISOString(), component: COMPONENT, node: 'node-1', severity, message })}\n`
}

/** How many characters at the beginning are the same. */
function common(a, b) {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}

/** How many lines the tail says that it skipped, and how many of those that were sent last are in the list, each
 *  where it belongs. */
async function atEnd(page) {
  await page.getByText(`line ${LINES - 1}:`).waitFor({ timeout: WAIT_MS })
  const [said = '0'] = await page.getByText('skipped: they came too fast').allTextContents()
  const numbers = await page.getByRole('region', { name: 'Log lines' }).evaluate(readAll)
  const first = LINES - KEPT
  const shown = numbers.filter((number, index) => number === first + index).length
  return { skipped: Number.parseInt(said.replaceAll(',', ''), 10), shown }
}

/** The number of the line at each index of the list, scrolled from its end to its beginning. */
async function readAll(box) {
  const numbers = []
  const read = () => {
    for (const row of box.querySelectorAll('li.line[data-index]')) {
      numbers[Number(row.dataset.index)] = Number(/line (\d+):/.exec(row.textContent)?.[1])
    }
  }
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  for (let top = box.scrollHeight; top > -box.clientHeight; top -= box.clientHeight / 2) {
    box.scrollTop = Math.max(0, top)
    await frame()
    read()
  }
  return numbers
}
