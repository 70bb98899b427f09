// The list: thirty thousand lines of which only some are in the document, each exactly at its place; order,
// errors, walking, wrapping, columns, colours of a terminal.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { assertShopRows, counted, countOf, FROM_MS, hasParameter, LINES, parameter, RANGE, rows, scrollTo, shopLine, shopLines, STEP_MS } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

const ESC = '\u001b'
/** An hour of their own for lines of odd shapes. */
const ODD = { from: '2026-03-06T10:00:00Z', to: '2026-03-06T11:00:00Z' }
const LONG = `handler failed for ${'a very long story '.repeat(30)}; nested exception is IllegalStateException: No instances available`
const ODD_LINES = [
  { time: '2026-03-06T10:10:00Z', component: 'paint', message: `plain ${ESC}[1;31mred${ESC}[0m and ${ESC}[44mon blue${ESC}[0m ${ESC}]0;title\u0007end` },
  { time: '2026-03-06T10:20:00Z', component: 'story', severity: 'error', message: LONG },
  { time: '2026-03-06T10:30:00Z', component: 'stack', message: 'first of three\n  at second\n  at third', 'http.route': '/a/{b}', depth: { of: { it: 7 } } },
]

let shop
before(async () => {
  shop = await Product.start('list')
  await shop.ingest([...shopLines(), ...ODD_LINES])
})
const options = { product: () => shop }

/** The rows in sight against what the API gives from the time of the first of them on. */
async function assertAsTheApiSays(found) {
  const from = new Date(FROM_MS + found[0].index * STEP_MS).toISOString()
  const records = await shop.records({ from, to: RANGE.to, limit: found.length })
  assert.deepEqual(found.map(({ message }) => message), records.map(({ message }) => message))
}

inPage('of thirty thousand lines the first, the middle and the last are exactly there', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, LINES)
  const last = await rows(page)
  assert.equal(last.at(-1).index, LINES - 1)
  for (const place of [0, 0.5, 0.123, 0.875, 1]) {
    await scrollTo(page, place)
    const found = await rows(page)
    const most = LINES - found.length
    assert.ok(Math.abs(found[0].index - place * most) <= 3, `${found[0].index} at ${place}`)
    assertShopRows(found, found[0].index)
    await assertAsTheApiSays(found)
  }
  await scrollTo(page, 0)
  assert.equal((await rows(page))[0].index, 0)
  assert.ok(await page.locator('li.line').count() < 120, 'only what is near is in the document')
})

inPage('the wheel moves the rows and shows no other line twice or out of order', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, LINES)
  await page.getByRole('region', { name: 'Log lines' }).hover()
  let before = (await rows(page))[0].index
  for (let n = 0; n < 12; n += 1) {
    await page.mouse.wheel(0, -900)
    await page.waitForFunction((index) => {
      const box = document.querySelector('[aria-label="Log lines"]').getBoundingClientRect()
      const seen = [...document.querySelectorAll('li[data-index]')].filter((row) => row.getBoundingClientRect().top >= box.top)
      return Math.min(...seen.map((row) => Number(row.dataset.index))) < index
    }, before)
    const found = await rows(page)
    assertShopRows(found, found[0].index)
    before = found[0].index
  }
})

inPage('o turns the order and keeps what is read in sight', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, LINES)
  await page.keyboard.press('o')
  await hasParameter(page, 'order', 'newest')
  const found = await rows(page)
  assert.equal(found.some(({ message }) => message === shopLine(LINES - 1).message), true)
  const times = found.map(({ time }) => time)
  assert.deepEqual(times, times.toSorted().toReversed())
  await scrollTo(page, 1)
  await page.waitForFunction((text) => [...document.querySelectorAll('.line .message')].some((row) => row.textContent === text), shopLine(0).message)
  await page.getByRole('button', { name: 'Newest first' }).click()
  await page.getByRole('button', { name: 'Oldest first' }).waitFor()
  assert.equal(parameter(page, 'order'), null)
})

inPage('e and E go to the next and the previous error, wherever it lies', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, LINES)
  await scrollTo(page, 0)
  await rows(page)
  const chosen = page.locator('.line.on')
  const errors = Array.from({ length: LINES }, (_, i) => shopLine(i)).filter((line) => line.severity === 'error')
  for (const [key, at] of [['e', 0], ['e', 1], ['e', 2], ['E', 1], ['e', 2]]) {
    await page.keyboard.press(key === 'E' ? 'Shift+E' : key)
    await chosen.locator('.message', { hasText: errors[at].message }).waitFor()
  }
  await page.keyboard.press('Shift+E')
  await chosen.locator('.message', { hasText: errors[1].message }).waitFor()
  await page.keyboard.press('Shift+E')
  await chosen.locator('.message', { hasText: errors[0].message }).waitFor()
  await page.keyboard.press('Shift+E')
  await page.getByText('No error before').waitFor()
})

inPage('j and k walk line by line, and far beyond what is loaded', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: 'component:cart' }))
  await counted(page, 6_000)
  await scrollTo(page, 0)
  await rows(page)
  await page.keyboard.press('j')
  const index = () => page.locator('.line.on').getAttribute('data-index').then(Number)
  const first = await index()
  for (let n = 0; n < 60; n += 1) await page.keyboard.press('j')
  await page.waitForFunction((wanted) => Number(document.querySelector('.line.on')?.dataset.index) === wanted, first + 60)
  await page.keyboard.press('k')
  await page.waitForFunction((wanted) => Number(document.querySelector('.line.on')?.dataset.index) === wanted, first + 59)
  await page.keyboard.press('c')
  await page.getByText('Copied').waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  assert.equal(copied, await page.locator('.line.on .message').textContent())
})

inPage('a long message keeps its beginning and its cause; wrapped it is all there', options, async (page) => {
  await page.goto(shop.page(ODD))
  await counted(page, 3)
  const story = page.locator('.line.error .message')
  assert.match(await story.innerText(), /^handler failed .*⋯ .*IllegalStateException: No instances available$/)
  await page.keyboard.press('w')
  await hasParameter(page, 'wrap', '1')
  assert.equal((await story.textContent()).trim(), LONG)
  const fits = await story.evaluate((message) => message.scrollWidth <= message.clientWidth && message.closest('li').getBoundingClientRect().height >= message.getBoundingClientRect().height - 1)
  assert.ok(fits, 'a wrapped row is as high as its text')
  const boxes = await page.locator('li.line').evaluateAll((found) => found.map((row) => row.getBoundingClientRect()).map(({ top, bottom }) => ({ top, bottom })).toSorted((a, b) => a.top - b.top))
  for (let n = 1; n < boxes.length; n += 1) assert.ok(boxes[n].top >= boxes[n - 1].bottom - 1, 'no row lies over another')
  await shot(page, 'wrap')
  await page.getByRole('button', { name: 'Wrap' }).click()
  await page.waitForFunction(() => !location.search.includes('wrap'))
})

inPage('colours of a terminal are classes, and its other commands are nothing', options, async (page) => {
  await page.goto(shop.page({ ...ODD, q: 'component:paint' }))
  await counted(page, 1)
  const message = page.locator('.line .message')
  assert.equal(await message.textContent(), 'plain red and on blue end')
  const pieces = await message.locator('span').evaluateAll((found) => found.map((span) => [span.textContent, span.className.split(' ').toSorted(), getComputedStyle(span).color !== getComputedStyle(span.parentElement).color]))
  assert.deepEqual(pieces[0], ['red', ['ansi-bold', 'ansi-red'], true])
  assert.equal(pieces[1][0], 'on blue')
  assert.equal(await page.locator('.line [style*="color"]').count(), 0)
})

inPage('columns are added, moved and removed, and stand in the address', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, LINES)
  await page.getByRole('button', { name: 'Columns' }).click()
  const menu = page.getByRole('dialog', { name: 'Columns' })
  await menu.getByRole('button', { name: 'status' }).waitFor()
  await page.keyboard.type('status')
  await page.keyboard.press('Enter')
  await hasParameter(page, 'columns', 'component,status')
  await page.keyboard.type('node')
  await page.keyboard.press('Enter')
  await hasParameter(page, 'columns', 'component,status,node')
  await shot(page, 'columns')
  await menu.getByRole('button', { name: 'node further left' }).click()
  await hasParameter(page, 'columns', 'component,node,status')
  await menu.getByRole('button', { name: 'Remove component' }).click()
  await hasParameter(page, 'columns', 'node,status')
  await page.keyboard.press('Escape')
  await menu.waitFor({ state: 'detached' })
  for (const row of await rows(page)) {
    const line = shopLine(row.index)
    assert.deepEqual(row.columns, [line.node, String(line.status)])
  }
  await page.reload()
  assert.equal((await rows(page))[0].columns.length, 2)
})

inPage('fields with dots and paths are columns too', options, async (page) => {
  await page.goto(shop.page({ ...ODD, q: 'component:stack', columns: 'http.route,depth.of.it' }))
  await counted(page, 1)
  assert.deepEqual((await rows(page))[0].columns, ['/a/{b}', '7'])
})

inPage('what matches is the same list with fewer lines', options, async (page) => {
  const errors = countOf((line) => line.severity === 'error')
  await page.goto(shop.page({ ...RANGE, q: 'severity:error' }))
  await counted(page, errors)
  await scrollTo(page, 0.5)
  const found = await rows(page)
  const expected = shopLines().filter((line) => line.severity === 'error')
  assert.deepEqual(found.map(({ message }) => message), expected.slice(found[0].index, found[0].index + found.length).map(({ message }) => message))
})
