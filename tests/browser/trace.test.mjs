// The Trace page: where it failed or where its time went, its rows, its spans, its lines; and the ways from a
// line to its trace and back.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { hasParameter, parameter } from './shop.mjs'
import { FROM_MS, PARAMETERS, RANGE, send, shopTrace, spanId, traceId, write } from './spans.mjs'
import { inPage, Product, shot, until } from './stage.mjs'

const FAILED = 3
const WELL = 5
const [BIG, SKEWED, LOST, HOSTILE] = [7_001, 7_002, 7_003, 7_004].map(traceId)
const RUNS = 1_100
const EVIL = '<img src=x onerror=alert(1)>\u202egnp.exe\u0007'

/** A root with runs of ten spans; run 700 fails in its last. */
function bigTrace() {
  const root = { trace: BIG, id: spanId(9_000_000), service: 'nightly', name: 'rebook all', at: FROM_MS, ms: RUNS * 10 }
  const runs = Array.from({ length: RUNS }, (_, run) =>
    Array.from({ length: 10 }, (_, n) => ({
      trace: BIG,
      id: spanId(1_000_000 + run * 10 + n),
      parent: n === 0 ? root.id : spanId(1_000_000 + run * 10 + n - 1),
      service: n < 5 ? 'booking' : 'seat',
      name: `step ${n} of run ${run}`,
      at: FROM_MS + run * 10 + n * 0.1,
      ms: 9 - n * 0.5,
      failed: run === 700 && n === 9,
    })),
  )
  return [root, ...runs.flat()]
}

const CALL = { service: 'frontend', name: 'GET /clock', kind: 3, at: FROM_MS, ms: 100, node: 'node-a' }
const SPANS = [
  ...shopTrace(FAILED),
  ...shopTrace(WELL),
  ...bigTrace(),
  { ...CALL, trace: SKEWED, id: spanId(71) },
  { ...CALL, trace: SKEWED, id: spanId(72), parent: spanId(71), service: 'clock', name: 'tell', kind: 2, at: FROM_MS + 600_010, ms: 80, node: 'node-late' },
  { ...CALL, trace: LOST, id: spanId(81), kind: 2 },
  { ...CALL, trace: LOST, id: spanId(82), parent: spanId(80), service: 'orphan', name: 'left behind', kind: 2, at: FROM_MS + 20, ms: 30 },
  {
    ...CALL,
    trace: HOSTILE,
    id: spanId(91),
    service: EVIL,
    name: EVIL,
    attributes: { [EVIL]: EVIL, plain: 'red' },
    events: [{ name: EVIL, at: FROM_MS + 1, attributes: { 'exception.message': EVIL } }],
    links: [{ trace: traceId(FAILED), id: spanId(FAILED * 100 + 1) }],
    failed: true,
  },
]

const paying = { trace: traceId(FAILED), id: spanId(FAILED * 100 + 4), service: 'payment', node: 'node-c' }
const LINES = [
  { ...paying, at: FROM_MS + FAILED * 30_000 + 3, severity: 'info', message: 'charging 12 EUR' },
  { ...paying, at: FROM_MS + FAILED * 30_000 + 5, severity: 'error', message: 'could not charge: card declined by the bank' },
]

let shop
before(async () => {
  shop = await Product.start('trace', { parameters: PARAMETERS })
  await send(shop, SPANS)
  await write(shop, LINES)
  await until('its lines', async () => (await shop.records({ ...RANGE, q: `trace_id:${traceId(FAILED)}` })).length === LINES.length)
})

const options = { product: () => shop }
const tree = (page) => page.getByRole('tree', { name: 'Spans' })
const chosen = (page) => tree(page).locator('[aria-selected=true]')
const detail = (page) => page.getByRole('complementary', { name: 'Span' })

async function open(page, id, more = '') {
  await page.goto(`${shop.url}/traces/${id}?${new URLSearchParams(RANGE)}${more}`)
  await tree(page).getByRole('treeitem').first().waitFor()
}

/** What is painted in an area of the waterfall: whether a pixel has a strong red, or ink. */
const paints = (page, kind) =>
  page.locator('.waterfall canvas').evaluate((canvas, wanted) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    for (let n = 0; n < data.length; n += 4) {
      const [r, g, b, a] = data.slice(n, n + 4)
      if (a > 200 && (wanted === 'red' ? r > 190 && g < 90 && b < 70 : r + g + b < 90)) return true
    }
    return false
  }, kind)

inPage('it says where it failed, why, and who passed it on', options, async (page) => {
  await open(page, traceId(FAILED))
  assert.equal(await page.locator('.answer').textContent(), 'Failed in payment: charge card, card declined by the bank. checkout and frontend passed the error on.')
  assert.match(await chosen(page).textContent(), /^payment, charge card, 18 ms, failed here, on the critical path$/)
  const rows = await tree(page).getByRole('treeitem').allTextContents()
  assert.deepEqual(rows.map((row) => row.split(',')[0]), ['frontend', 'frontend', 'checkout', 'payment'])
  assert.match(rows[1], /POST to checkout.*failed, passed on/)
  assert.ok((await paints(page, 'red')) && (await paints(page, 'ink')))
  await shot(page, 'trace-failed')
})

inPage('without a failure it says where the time went', options, async (page) => {
  await open(page, traceId(WELL))
  assert.match(await page.locator('.answer').textContent(), /^\d\d % of the time is payment’s own, 23 ms of it in one charge card\.$/)
  assert.ok(!(await paints(page, 'red')))
})

inPage('keys walk, fold, find errors and leave; the span stands in the address', options, async (page) => {
  await open(page, traceId(FAILED))
  await page.keyboard.press('k')
  await hasParameter(page, 'open', spanId(FAILED * 100 + 3))
  await page.keyboard.press('ArrowLeft')
  await page.waitForFunction(() => document.querySelectorAll('[role=treeitem]').length === 3)
  assert.equal(await chosen(page).getAttribute('aria-expanded'), 'false')
  await page.keyboard.press('ArrowRight')
  await page.waitForFunction(() => document.querySelectorAll('[role=treeitem]').length === 4)
  await page.keyboard.press('e')
  await hasParameter(page, 'open', spanId(FAILED * 100 + 4))
  await page.keyboard.press('Shift+E')
  await hasParameter(page, 'open', spanId(FAILED * 100 + 3))
  await page.keyboard.press('p')
  await hasParameter(page, 'critical', '1')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement?.classList.contains('detail'))
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await detail(page).waitFor({ state: 'detached' })
  await page.reload()
  await detail(page).getByText('POST /orders').first().waitFor()
})

inPage('a span tells its fields, its event and its lines, and its values search traces', options, async (page) => {
  await open(page, traceId(FAILED))
  const panel = await detail(page).textContent()
  for (const said of ['could not charge', 'exception.message', 'card declined by the bank', 'node-c', spanId(FAILED * 100 + 4)]) assert.ok(panel.includes(said), said)
  await open(page, traceId(FAILED), `&open=${spanId(FAILED * 100 + 1)}`)
  await detail(page).getByRole('button', { name: 'Traces with customer c3' }).focus()
  await page.keyboard.press('+')
  await page.waitForURL((url) => url.pathname === '/traces' && url.searchParams.get('q') === 'customer:c3')
  await page.locator('.rows .trace-row').first().waitFor()
})

inPage('more than ten thousand spans are one page, folded but for what failed', options, async (page) => {
  await open(page, BIG)
  assert.equal(await page.locator('.answer').textContent(), '11,001 spans. Failed in seat: step 9 of run 700.')
  assert.match(await chosen(page).textContent(), /^seat, step 9 of run 700.*failed here/)
  assert.equal(await chosen(page).getAttribute('aria-level'), '11')
  const drawn = await tree(page).getByRole('treeitem').count()
  assert.ok(drawn < 100, `${drawn} rows in the document`)
  const height = await tree(page).locator('ol').evaluate((list) => list.clientHeight)
  assert.equal(height, (1 + RUNS + 9) * 22)
  await tree(page).evaluate((box) => (box.scrollTop = 0))
  await tree(page).getByText(/^booking, 10 spans {2}step 0 of run 0,/).waitFor()
  await shot(page, 'trace-big')
})

inPage('clocks that differ are taken out, said, and shown as sent on demand', options, async (page) => {
  await open(page, SKEWED)
  await page.getByRole('button', { name: '≈ corrected' }).waitFor()
  assert.match(await tree(page).getByRole('treeitem').last().textContent(), /its clock is corrected/)
  const facts = page.locator('.facts')
  assert.match(await facts.textContent(), /≈ 100 ms/)
  await shot(page, 'trace-skewed')
  await page.getByRole('button', { name: '≈ corrected' }).click()
  await hasParameter(page, 'clocks', 'sent')
  assert.match(await facts.textContent(), /10 m 0 s|10 m/)
})

inPage('a parent that never arrived has its row', options, async (page) => {
  await open(page, LOST)
  const lost = tree(page).getByText(`parent ${spanId(80)} never arrived`)
  await lost.click()
  await detail(page).getByText(/One span names/).waitFor()
  assert.match(await page.locator('.facts').textContent(), /Lost parents1/)
  await shot(page, 'trace-lost')
})

inPage('text of others stays text', options, async (page) => {
  await open(page, HOSTILE)
  const text = await page.locator('main').textContent()
  assert.ok(text.includes('<img src=x onerror=alert(1)>\\u202egnp.exe\\x07') && !/[\u202e\u0007]/.test(text), text)
  assert.equal(await page.locator('main img').count(), 0)
  assert.ok(!(await detail(page).evaluate((panel) => panel.scrollWidth > panel.clientWidth)))
  await detail(page).getByRole('link', { name: traceId(FAILED) }).click()
  await page.waitForURL((url) => url.pathname === `/traces/${traceId(FAILED)}`)
  await page.getByText('Failed in payment:').waitFor()
})

inPage('a line leads to its trace, and the trace to its lines', options, async (page) => {
  await page.goto(`${shop.url}/logs?${new URLSearchParams({ ...RANGE, q: `trace_id:${traceId(FAILED)}` })}`)
  await page.locator('.line.error').click()
  await page.locator('.detail').getByRole('link', { name: traceId(FAILED).slice(0, 16) }).click()
  await page.waitForURL((url) => url.pathname === `/traces/${traceId(FAILED)}` && url.searchParams.get('open') === spanId(FAILED * 100 + 4))
  const lines = page.getByRole('region', { name: 'Lines of this trace' })
  await lines.getByText('could not charge').waitFor()
  await lines.getByRole('link').last().click()
  await page.waitForURL((url) => url.pathname === '/logs' && url.searchParams.has('open'))
  await page.locator('aside.detail').getByText('could not charge').first().waitFor()
  await page.locator('.line.error').hover()
  await page.locator('.row-actions').getByRole('link', { name: 'Trace' }).click()
  await page.waitForURL((url) => url.pathname === `/traces/${traceId(FAILED)}`)
  await page.getByRole('link', { name: 'Lines in Logs' }).click()
  await page.locator('.tab-row .number', { hasText: /^2$/ }).waitFor()
})

inPage('the trace column leads there too', options, async (page) => {
  await page.goto(`${shop.url}/logs?${new URLSearchParams({ ...RANGE, columns: 'component,trace_id' })}`)
  await page.locator('.line.error').getByRole('link').click()
  await page.waitForURL((url) => url.pathname === `/traces/${traceId(FAILED)}`)
  await tree(page).waitFor()
})

inPage('a part of the time is looked at, and all of it again', options, async (page) => {
  await open(page, traceId(WELL))
  const map = await page.locator('.minimap').boundingBox()
  await page.mouse.move(map.x + map.width * 0.5, map.y + 20)
  await page.mouse.down()
  await page.mouse.move(map.x + map.width * 0.75, map.y + 20, { steps: 3 })
  await page.mouse.up()
  const zoomed = await page.locator('.axis canvas').evaluate((canvas) => canvas.toDataURL())
  await page.keyboard.press('Escape')
  await page.waitForFunction((before) => document.querySelector('.axis canvas').toDataURL() !== before, zoomed)
  await detail(page).waitFor()
})

inPage('a trace that is not here says so', { ...options, allows: /status of 404/ }, async (page) => {
  await page.goto(`${shop.url}/traces/${traceId(99)}`)
  await page.getByText('This trace is not here.').waitFor()
  await page.getByRole('link', { name: 'All traces' }).click()
  await page.waitForURL((url) => url.pathname === '/traces')
  assert.equal(parameter(page, 'open'), null)
})
