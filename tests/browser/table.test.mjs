// What a piped query makes: a table in place of the list, its lines over time, its ways back to the lines.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { counted, countOf, parameter, RANGE, said, search, shopLines } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

let shop
before(async () => {
  shop = await Product.start('table')
  await shop.ingest(shopLines())
})
const options = { product: () => shop }

const cells = (page) =>
  page.getByRole('table', { name: 'Result' }).locator('.rows .one').evaluateAll((found) => found.map((row) => [...row.children].map((cell) => cell.textContent)))

/** Waits for a table with so many rows. */
async function table(page, count) {
  await page.locator('.table:not(.former) .about .strong', { hasText: new RegExp(`^${count} rows?$`) }).waitFor()
}

inPage('stats by a field is a table with exact numbers; a group opens its lines', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await search(page, 'severity:error | stats count(), max(took_ms) by component | sort component')
  await table(page, 5)
  const errors = shopLines().filter(({ severity }) => severity === 'error')
  const names = ['cart', 'checkout', 'frontend', 'payment', 'search']
  const of = (name) => errors.filter(({ component }) => component === name)
  const expected = names.map((name) => [name, of(name).length.toLocaleString('en-US')])
  const found = await cells(page)
  assert.deepEqual(found.map(([name, count]) => [name, count]), expected)
  assert.deepEqual(found.map(([, , most]) => most), names.map((name) => `${Math.max(...of(name).map(({ took_ms: ms }) => ms))} ms`))
  await shot(page, 'table')
  await page.getByRole('table').getByRole('button', { name: 'payment' }).click()
  await counted(page, of('payment').length)
  assert.equal(parameter(page, 'q').includes('|'), false)
  await page.goBack()
  await table(page, 5)
})

inPage('a head sorts by writing into the query', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: '* | stats count() by user' }))
  await table(page, 11)
  await page.getByRole('columnheader').getByRole('button', { name: 'count()' }).click()
  await page.waitForFunction(() => new URLSearchParams(location.search).get('q').includes('sort'))
  await table(page, 11)
  const counts = (await cells(page)).map(([, count]) => Number(count.replace(',', '')))
  assert.deepEqual(counts, counts.toSorted((a, b) => b - a))
  assert.equal(counts.reduce((a, b) => a + b), 30_000)
})

inPage('time makes lines over the table, named at their ends', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: '* | stats count() by bin(10m), severity' }))
  await page.locator('.series svg').waitFor()
  assert.match(await page.locator('.series svg').getAttribute('aria-label'), /count\(\) over time, at its end: .*info/)
  await shot(page, 'table-series')
})

inPage('the table is copied as CSV that a spreadsheet reads', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: '* | stats count() by node | sort node' }))
  await table(page, 3)
  await page.getByRole('button', { name: 'Copy as CSV' }).click()
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).includes('node-2'))
  const csv = await page.evaluate(() => navigator.clipboard.readText())
  assert.deepEqual(csv.trim().split(/\r?\n/), ['node,count()', 'node-0,10000', 'node-1,10000', 'node-2,10000'])
})

inPage('a function that is not known is pointed at, with the one that was meant', { ...options, allows: /status of 400/ }, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: '* | stats cuont() by node' }))
  await page.getByRole('alert').getByText(/count/).first().waitFor()
  await counted(page, 30_000)
  await search(page, 'severity:error | stats count() by node')
  await table(page, 3)
  const counts = (await cells(page)).map(([, count]) => Number(count))
  assert.equal(counts.reduce((a, b) => a + b), countOf((line) => line.severity === 'error'))
})

inPage('what the lines say stands in their place: news, then what is grave; a pattern leads to its lines', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await page.keyboard.press('v')
  const patterns = page.getByRole('list', { name: 'Patterns' })
  await patterns.locator('.new').nth(2).waitFor()
  const found = await patterns.locator('li').evaluateAll((rows) =>
    rows.map((row) => [row.querySelector('.number').textContent, row.querySelector('.template').textContent]),
  )
  const how = (severity) => said(countOf((line) => line.severity === severity))
  assert.deepEqual(found, [
    [how('error'), 'order ‹› failed: upstream connect error, connection refused'],
    [how('warn'), 'retry ‹› of ‹› for cart ‹› after ‹› ms'],
    [how('info'), 'GET ‹› ‹› in ‹› ms'],
  ])
  await patterns.locator('.spark path').nth(2).waitFor({ state: 'attached' })
  await shot(page, 'patterns')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await counted(page, countOf(({ severity }) => severity === 'error'))
  assert.match(parameter(page, 'q'), /^pattern:[0-9a-f]{16}$/)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.locator('.detail .template', { hasText: 'order ‹› failed' }).waitFor()
  await page.goBack()
  await page.goBack()
  await patterns.locator('li').nth(2).waitFor()
})
