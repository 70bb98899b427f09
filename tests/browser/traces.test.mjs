// The Traces page: what it says first, what its filters and its drawing choose, and where its rows lead.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { hasParameter, parameter, search } from './shop.mjs'
import { durationMs, fails, FROM_MS, PARAMETERS, RANGE, send, shopTraces, spanId, traceId, TRACES } from './spans.mjs'
import { inPage, Product, shot } from './stage.mjs'

const HOSTILE = ['<img src=x onerror=alert(1)>', '\u202egnp.exe', 'a\u0007b\u001b[31mred', '"><script>alert(1)</script>']
/** An hour of its own for names that want to be more than text. */
const OWN = { from: '2026-03-06T10:00:00Z', to: '2026-03-06T11:00:00Z' }

let shop
let empty
before(async () => {
  shop = await Product.start('traces', { parameters: PARAMETERS })
  empty = await Product.start('traces-empty', { parameters: PARAMETERS })
  const hostile = HOSTILE.map((name, n) => ({ trace: traceId(5_000 + n), id: spanId(500_000 + n), service: name, name, at: Date.parse(OWN.from) + n * 60_000, ms: 10, attributes: { [name]: name } }))
  await send(shop, [...hostile, ...shopTraces()])
})

const options = { product: () => shop }
const address = (product, parameters = RANGE) => `${product.url}/traces?${new URLSearchParams(parameters)}`
const rows = (page) => page.locator('.rows .trace-row')
const about = (page) => page.locator('.traces .about')
const holds = (page, count) => about(page).getByText(count === 1 ? '1 trace' : `${count} traces`, { exact: true }).waitFor()

async function open(page, parameters) {
  await page.goto(address(shop, parameters))
  await rows(page).first().waitFor()
}

inPage('the page opens with its answer, and every trace has its row', options, async (page) => {
  await open(page)
  await holds(page, TRACES)
  assert.match(await page.locator('.answer').textContent(), /^10 % of 120 traces have errors, all of them begin in frontend\. Half take up to 315 ms, the slowest 615 ms\.$/)
  const [first] = await rows(page).allTextContents()
  const last = TRACES - 1
  assert.ok(first.includes('frontend') && first.includes('GET /buy') && first.includes(`${durationMs(last)} ms`), first)
  assert.match(await page.getByRole('img', { name: /^Durations of 120 traces from 10:00:00 to 11:00:00: p50 315 ms, p95 585 ms, p99 610 ms; 12 with errors$/ }).getAttribute('aria-label'), /p50/)
  assert.equal(await rows(page).first().getAttribute('href'), `/traces/${traceId(last)}?${new URLSearchParams(RANGE)}`)
  await shot(page, 'traces')
})

inPage('filters stand in the address and Back undoes them', options, async (page) => {
  await open(page)
  await page.getByRole('button', { name: 'Errors only' }).click()
  await holds(page, TRACES / 10)
  assert.equal(parameter(page, 'error'), 'true')
  await page.getByLabel('Service', { exact: true }).selectOption('payment')
  await page.getByLabel('Operation', { exact: true }).selectOption('charge card')
  await hasParameter(page, 'operation', 'charge card')
  await page.getByLabel('Shortest duration').fill('300')
  await page.keyboard.press('Enter')
  await hasParameter(page, 'min_duration', '300ms')
  const slow = Array.from({ length: TRACES }, (_, i) => i).filter((i) => fails(i) && durationMs(i) >= 300)
  await holds(page, slow.length)
  await page.goBack()
  await holds(page, TRACES / 10)
  await page.getByLabel('Shortest duration').fill('soon')
  await page.keyboard.press('Enter')
  assert.equal(await page.getByLabel('Shortest duration').getAttribute('aria-invalid'), 'true')
  await page.getByRole('button', { name: 'Clear' }).click()
  await holds(page, TRACES)
})

inPage('a query is asked of spans, and refused where it cannot be read', { ...options, allows: /status of 400/ }, async (page) => {
  await open(page)
  await search(page, 'service:payment status:error')
  await holds(page, TRACES / 10)
  await search(page, 'customer:c3')
  await holds(page, Array.from({ length: TRACES }, (_, i) => i).filter((i) => i % 7 === 3).length)
  await search(page, 'service:(')
  await page.locator('.query .refusal').waitFor()
})

inPage('a part of the drawing is chosen, named, narrowed to and left', options, async (page) => {
  await open(page)
  const box = await page.locator('.scatter').boundingBox()
  await page.mouse.move(box.x + box.width * 0.3, box.y + 10)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height - 24, { steps: 4 })
  await page.mouse.up()
  await about(page).getByRole('button', { name: 'Narrow to these' }).waitFor()
  const chosen = Number((await about(page).locator('.strong').textContent()).split(' ')[0])
  assert.ok(chosen > 10 && chosen < TRACES, `${chosen} traces`)
  assert.match(parameter(page, 'brush'), /^2026-03-05T10:\d\d:\d\d\.?\d*Z\/2026-03-05T10:\d\d/)
  assert.match(parameter(page, 'band'), /^\d+(ms|us)\/\d+ms$/)
  await shot(page, 'traces-brush')
  await page.reload()
  await holds(page, chosen)
  await page.keyboard.press('Escape')
  await holds(page, TRACES)
  await page.goBack()
  await holds(page, chosen)
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => new URLSearchParams(location.search).has('min_duration'))
  await page.locator('.traces:not(.former)').waitFor()
  await holds(page, chosen)
  assert.equal(parameter(page, 'brush'), null)
})

inPage('keys walk the rows, find errors, turn the order and open a trace', options, async (page) => {
  await open(page)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  assert.equal(await page.locator('.trace-row.on').getAttribute('aria-rowindex'), '3')
  await page.keyboard.press('k')
  await page.keyboard.press('e')
  const failing = Array.from({ length: TRACES }, (_, i) => i).filter(fails).at(-1)
  assert.ok((await page.locator('.trace-row.on').getAttribute('href')).includes(traceId(failing)))
  await page.keyboard.press('o')
  await hasParameter(page, 'order', 'duration')
  await page.locator('.traces:not(.former)').waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === `/traces/${traceId(failing)}`)
  await page.getByRole('tree', { name: 'Spans' }).waitFor()
  await page.goBack()
  await rows(page).first().waitFor()
})

inPage('names of others stay text', options, async (page) => {
  await open(page, OWN)
  await holds(page, HOSTILE.length)
  const text = await page.locator('.found-traces').textContent()
  assert.ok(text.includes('<img src=x onerror=alert(1)>') && text.includes('\\u202egnp.exe') && text.includes('a\\x07b\\x1b[31mred'), text)
  assert.equal(await page.locator('.found-traces img, .found-traces script').count(), 0)
  await page.getByLabel('Service', { exact: true }).selectOption(HOSTILE[0])
  await holds(page, 1)
  assert.ok(!(await page.locator('main').evaluate((main) => main.scrollWidth > main.clientWidth)))
})

inPage('where nothing matches, the ways out are told', options, async (page) => {
  await page.goto(address(shop, { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', service: 'payment' }))
  await page.getByText(/^No trace matches in 1 Jan 2026/).waitFor()
  await page.getByRole('button', { name: 'Search all time' }).click()
  await holds(page, TRACES)
})

inPage('an empty product says how a trace gets there, and shows the first by itself', { product: () => empty }, async (page) => {
  await page.goto(`${empty.url}/traces?from=${new Date(FROM_MS).toISOString()}`)
  await page.getByText('No trace has arrived yet.').waitFor()
  await shot(page, 'traces-empty')
  await send(empty, shopTraces(1))
  await rows(page).first().waitFor()
})

inPage('on a phone it is the same page', { ...options, context: { viewport: { width: 390, height: 844 }, hasTouch: true } }, async (page) => {
  await open(page)
  assert.ok(!(await page.locator('body').evaluate((body) => body.scrollWidth > body.clientWidth)))
  await shot(page, 'traces-phone')
  await rows(page).first().tap()
  await page.getByRole('tree', { name: 'Spans' }).waitFor()
  await shot(page, 'trace-phone')
})
