// A shop's hour of logs, the same every time: what the tests look for can be reckoned from the number of a
// line. And what the Logs page shows, read from its document.

import assert from 'node:assert/strict'

export const LINES = 30_000
export const STEP_MS = 120
export const FROM_MS = Date.parse('2026-03-05T10:00:00Z')
export const RANGE = { from: '2026-03-05T10:00:00Z', to: '2026-03-05T11:00:00Z' }
const COMPONENTS = ['frontend', 'cart', 'checkout', 'payment', 'search']

/** The line with a number; two out of a thousand are errors, one in a hundred is a warning, and in the middle
 *  something breaks. */
export function shopLine(i) {
  const severity = severityOf(i)
  const said = {
    error: `order ${i} failed: upstream connect error, connection refused`,
    warn: `retry 2 of 5 for cart ${i} after 250 ms`,
    info: `GET /api/orders/${i} 200 in ${i % 90} ms`,
  }
  return {
    time: new Date(FROM_MS + i * STEP_MS).toISOString(),
    severity,
    component: COMPONENTS[i % 5],
    node: `node-${i % 3}`,
    instance: `${COMPONENTS[i % 5]}-${i % 7}`,
    message: said[severity],
    status: severity === 'error' ? 503 : 200,
    took_ms: i % 90,
    user: `user-${i % 11}`,
  }
}

function severityOf(i) {
  if (i % 499 === 7 || (i >= 15_000 && i < 15_600 && i % 4 === 0)) return 'error'
  return i % 101 === 19 ? 'warn' : 'info'
}

export function shopLines(count = LINES) {
  return Array.from({ length: count }, (_, i) => shopLine(i))
}

/** How many of them a rule fits. */
export function countOf(rule) {
  let count = 0
  for (let i = 0; i < LINES; i += 1) if (rule(shopLine(i), i)) count += 1
  return count
}

export const said = (count) => count.toLocaleString('en-US')

/** Waits until the page has counted what matches, and shows it. */
export async function counted(page, count) {
  await page.locator('.tab-row .number', { hasText: new RegExp(`^${said(count)}$`) }).waitFor()
  await page.locator('.lines:not(.former) .line').first().waitFor()
}

/** Types a query over the one that is there, and asks. */
export async function search(page, q) {
  await type(page, q)
  await page.keyboard.press('Enter')
}

export async function type(page, q) {
  await page.getByLabel('Query', { exact: true }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.press('Control+A')
  await page.keyboard.type(q)
}

export const parameter = (page, name) => new URL(page.url()).searchParams.get(name)
export const hasParameter = (page, name, value) => page.waitForFunction(([key, wanted]) => new URLSearchParams(location.search).get(key) === wanted, [name, value])

/** The rows that a person sees whole, from top to bottom, once none of them is still on its way. */
export async function rows(page, list = 'Log lines') {
  const found = await page.waitForFunction((name) => {
    const box = document.querySelector(`[aria-label="${name}"]`)
    if (box === null || box.closest('.former') !== null) return undefined
    const { top, bottom } = box.getBoundingClientRect()
    const near = [...box.querySelectorAll('li.line')]
      .map((row) => ({ row, place: row.getBoundingClientRect() }))
      .filter(({ place }) => place.bottom > top && place.top < bottom)
      .toSorted((a, b) => a.place.top - b.place.top)
    const whole = near.filter(({ place }) => place.top >= top - 1 && place.bottom <= bottom + 1)
    // A wrapped row may be higher than the list.
    const seen = whole.length > 0 ? whole : near
    if (seen.length === 0 || seen.some(({ row }) => row.classList.contains('waiting'))) return undefined
    return seen
      .filter(({ row }) => row.dataset.index !== undefined)
      .map(({ row }) => ({
        index: Number(row.dataset.index),
        time: row.querySelector('.time').textContent,
        columns: [...row.querySelectorAll('.column')].map((column) => column.textContent),
        message: row.querySelector('.message').textContent,
      }))
  }, list)
  return found.jsonValue()
}

/** Puts the list at a part of its height, and waits until it stays there. */
export async function scrollTo(page, part, list = 'Log lines') {
  const height = await page.getByRole('region', { name: list }).evaluate((box) => box.scrollHeight - box.clientHeight)
  await scrollToPx(page, height * part, list)
}

/** Puts the list at a place in pixels, or as far as it goes, and waits until it stays there. Gives its height. */
export async function scrollToPx(page, px, list = 'Log lines') {
  const height = await page.waitForFunction(async ([name, wanted]) => {
    const box = document.querySelector(`[aria-label="${name}"]`)
    const top = Math.min(wanted, box.scrollHeight - box.clientHeight)
    box.scrollTop = top
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame)
    return Math.abs(box.scrollTop - top) < 2 && box.scrollHeight
  }, [list, px])
  return height.jsonValue()
}

/** Each row in sight is exactly the line of its number. */
export function assertShopRows(found, first) {
  assert.ok(found.length > 10, `only ${found.length} rows`)
  found.forEach((row, offset) => {
    const line = shopLine(first + offset)
    assert.deepEqual(
      { time: row.time, component: row.columns[0], message: row.message },
      { time: line.time.slice(11, 23), component: line.component, message: line.message },
    )
  })
}
