// The histogram and the range: what it says, brushing by pointer and by keyboard, zooming, shifting, the
// range picker.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { counted, countOf, FROM_MS, hasParameter, parameter, RANGE, rows, said, shopLine, shopLines, STEP_MS } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

let shop
before(async () => {
  shop = await Product.start('chart')
  await shop.ingest(shopLines())
})
const options = { product: () => shop }
const NEEDS = 'Time: arrows move, Shift and arrows choose, Enter zooms'

/** How many lines of the shop lie in a range, as the address says it. */
function linesIn([from, to]) {
  const number = (time) => Math.ceil((Date.parse(time) - FROM_MS) / STEP_MS)
  return number(to) - number(from)
}

const brushOf = (page) => parameter(page, 'brush')?.split('/')

async function drag(page, from, to) {
  const { x, y, width } = await page.locator('.plot .pointer').boundingBox()
  await page.mouse.move(x + width * from, y + 30)
  await page.mouse.down()
  await page.mouse.move(x + width * (from + to) / 2, y + 30)
  await page.mouse.move(x + width * to, y + 30)
  await page.mouse.up()
}

inPage('the chart says in a sentence, and in numbers, what it shows', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const errors = countOf((line) => line.severity === 'error')
  const sentence = await page.locator('.plot svg').getAttribute('aria-label')
  assert.match(sentence, new RegExp(`^Lines over time, .*10:00:00 to .*11:00:00: ${said(errors)} errors, 30,000 lines; most lines, .*; most errors, .*10:30:`))
  await page.getByRole('button', { name: 'Numbers' }).focus()
  await page.keyboard.press('Enter')
  const numbers = await page.getByRole('region', { name: 'Numbers of the chart' }).locator('tbody tr').evaluateAll((found) => found.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent.replaceAll(',', '')))))
  const sum = (at) => numbers.reduce((all, row) => all + row[at], 0)
  assert.deepEqual([sum(0), sum(1), sum(2)], [30_000, countOf((line) => line.severity === 'warn'), errors])
  await shot(page, 'chart-numbers')
  await page.keyboard.press('Escape')
  await page.getByRole('region', { name: 'Numbers of the chart' }).waitFor({ state: 'detached' })
})

inPage('a stretch is brushed by pointer, counted exactly, and zoomed into; z and Back lead out again', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await drag(page, 0.25, 0.5)
  const label = page.locator('.label-of-brush')
  await label.waitFor()
  const brush = brushOf(page)
  const count = linesIn(brush)
  assert.match(await label.innerText(), new RegExp(`${said(count)} lines`))
  await shot(page, 'brush')
  // The list goes where the brush begins.
  const number = Math.ceil((Date.parse(brush[0]) - FROM_MS) / STEP_MS)
  await page.locator('.line .message', { hasText: shopLine(number).message }).waitFor()
  assert.ok((await rows(page)).some(({ index }) => index === number))
  await label.getByRole('button').click()
  await counted(page, count)
  assert.deepEqual([parameter(page, 'from'), parameter(page, 'to'), parameter(page, 'brush')], [...brush, null])
  await page.keyboard.press('z')
  await page.waitForFunction((from) => new URLSearchParams(location.search).get('from') !== from, brush[0])
  assert.ok(Date.parse(parameter(page, 'from')) < Date.parse(brush[0]) && Date.parse(parameter(page, 'to')) > Date.parse(brush[1]))
  await page.goBack()
  await counted(page, count)
  await page.goBack()
  await counted(page, 30_000)
  assert.deepEqual(brushOf(page), brush)
})

inPage('a stretch is chosen, left and zoomed into by keyboard', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const plot = page.getByRole('slider', { name: NEEDS })
  await plot.focus()
  await page.keyboard.press('Home')
  assert.match(await plot.getAttribute('aria-valuetext'), /10:00:00 to/)
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('Shift+ArrowRight')
  await page.locator('.label-of-brush').waitFor()
  assert.equal(brushOf(page)[0].slice(0, 19), '2026-03-05T10:00:00')
  await page.keyboard.press('Escape')
  await page.locator('.label-of-brush').waitFor({ state: 'detached' })
  assert.equal(parameter(page, 'brush'), null)
  await page.keyboard.press('End')
  for (let n = 0; n < 4; n += 1) await page.keyboard.press('Shift+ArrowLeft')
  const brush = brushOf(page)
  await page.keyboard.press('Enter')
  await counted(page, linesIn(brush))
  assert.equal(parameter(page, 'from'), brush[0])
})

inPage('a brush of the address is there when the page opens', options, async (page) => {
  const brush = ['2026-03-05T10:10:00.000000000Z', '2026-03-05T10:20:00.000000000Z']
  await page.goto(shop.page({ ...RANGE, brush: brush.join('/') }))
  await counted(page, 30_000)
  assert.match(await page.locator('.label-of-brush').innerText(), /10:10:00 to 10:20:00, 10 m.*5,000 lines/)
})

inPage('while a query filters, all lines stand behind what matches', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: 'severity:error' }))
  await counted(page, countOf((line) => line.severity === 'error'))
  await page.waitForFunction(() => document.querySelector('.plot path.all')?.getAttribute('d')?.length > 100)
  assert.ok((await page.locator('.plot path.errors').getAttribute('d')).length > 50)
})

inPage('[ and ] shift the range by half its length, z doubles it', options, async (page) => {
  await page.goto(shop.page({ from: '2026-03-05T10:20:00Z', to: '2026-03-05T10:40:00Z' }))
  await counted(page, 10_000)
  const shifts = [['[', '10:10:00', '10:30:00', 10_000], [']', '10:20:00', '10:40:00', 10_000], ['z', '10:10:00', '10:50:00', 20_000]]
  for (const [key, from, to, count] of shifts) {
    await page.keyboard.press(key)
    await hasParameter(page, 'from', `2026-03-05T${from}Z`)
    assert.equal(parameter(page, 'to'), `2026-03-05T${to}Z`)
    await counted(page, count)
  }
})

inPage('the range picker takes quick ranges and typed ones, and says what is wrong with one', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await page.keyboard.press('t')
  const panel = page.getByRole('dialog', { name: 'Time range' })
  await panel.getByLabel('From').fill('2026-03-05 10:30')
  await panel.getByLabel('To', { exact: true }).fill('yesterday')
  await page.keyboard.press('Enter')
  await panel.getByRole('alert').getByText('yesterday is not a time').waitFor()
  await shot(page, 'range')
  await panel.getByLabel('To', { exact: true }).fill('2026-03-05 10:20')
  await page.keyboard.press('Enter')
  await panel.getByRole('alert').getByText('The end must be after the beginning.').waitFor()
  await panel.getByLabel('To', { exact: true }).fill('2026-03-05 10:45')
  await page.keyboard.press('Enter')
  await counted(page, 7_500)
  await panel.waitFor({ state: 'detached' })
  await page.locator('#range').click()
  await panel.getByRole('button', { name: 'All time' }).click()
  await counted(page, 30_000)
  await page.locator('#range').click()
  await panel.getByRole('button', { name: 'Last 15 min' }).click()
  await hasParameter(page, 'from', '-15m')
  await page.getByRole('heading', { name: /^No line matches in / }).waitFor()
})

inPage('times are shown in the zone that is chosen', { ...options, context: { timezoneId: 'Asia/Kolkata' } }, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const utc = (await rows(page)).at(-1).time
  await page.getByRole('button', { name: 'UTC', exact: true }).click()
  await hasParameter(page, 'zone', 'local')
  const local = (await rows(page)).at(-1).time
  assert.deepEqual([utc.slice(0, 5), local.slice(0, 5)], ['10:59', '16:29'])
  await page.goBack()
  assert.equal((await rows(page)).at(-1).time, utc)
})
