// One line, whole: its fields as filters, its text to take along, its neighbours, its address.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { counted, countOf, hasParameter, parameter, RANGE, rows, search, shopLine, shopLines } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

/** An hour of its own for a line that has everything, and one whose message is JSON. */
const OWN = { from: '2026-03-06T10:00:00Z', to: '2026-03-06T11:00:00Z' }
const WHOLE = {
  time: '2026-03-06T10:10:00.123456789Z',
  component: 'whole',
  severity: 'warn',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  message: 'all of it\n  in two lines',
  note: 'with "quotes" and a space',
  nested: { deep: { er: 1 } },
}
const INNER = { time: '2026-03-06T10:20:00Z', component: 'inner', message: '{"level":"info","msg":"said within"}' }

let shop
before(async () => {
  shop = await Product.start('detail')
  await shop.ingest([...shopLines(), WHOLE, INNER])
})
const options = { product: () => shop }

const detail = (page) => page.getByRole('complementary', { name: 'Line' })
/** A component, node and instance of the shop come back after so many lines, and are a source. */
const SOURCE_EVERY = 105
const field = (page, name) => detail(page).locator('.fields > div', { has: page.locator(`dt[title="${name}"]`) })
const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText())

/** Presses a button that copies, and gives what is in the clipboard then. */
async function copied(page, button) {
  await page.evaluate(() => navigator.clipboard.writeText(''))
  await button.click()
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) !== '')
  return clipboard(page)
}

inPage('a line opens with all of its fields, beside a list that keeps its place', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: 'severity:error' }))
  await counted(page, countOf((line) => line.severity === 'error'))
  const before = await rows(page)
  await page.locator('.line.error').last().click()
  await detail(page).waitFor()
  const line = shopLines().filter(({ severity }) => severity === 'error').at(-1)
  assert.equal(await detail(page).locator('pre').first().innerText(), line.message)
  for (const [name, value] of Object.entries({ component: line.component, node: line.node, instance: line.instance, status: '503', user: line.user, severity: 'error' })) {
    assert.equal(await field(page, name).locator('.value').innerText(), value)
  }
  assert.deepEqual((await rows(page)).map(({ index }) => index), before.map(({ index }) => index))
  await shot(page, 'detail')
  await page.keyboard.press('k')
  await page.waitForFunction((text) => document.querySelector('aside.detail pre').textContent !== text, line.message)
  await page.keyboard.press('Escape')
  await detail(page).waitFor({ state: 'detached' })
  assert.equal(parameter(page, 'open'), null)
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Log lines')
})

inPage('each field includes and excludes, by click, Alt and a click, plus and minus', options, async (page) => {
  const open = async () => {
    await page.goto(shop.page(RANGE))
    await counted(page, 30_000)
    await page.locator('.line .message', { hasText: shopLine(29_999).message }).click()
    await detail(page).waitFor()
  }
  const { node, user } = shopLine(29_999)
  await open()
  await field(page, 'node').locator('.value').click()
  await counted(page, 10_000)
  assert.equal(parameter(page, 'q'), `node:${node}`)
  await open()
  await field(page, 'node').locator('.value').click({ modifiers: ['Alt'] })
  await counted(page, 20_000)
  assert.equal(parameter(page, 'q'), `-node:${node}`)
  await open()
  await field(page, 'user').locator('.value').hover()
  await field(page, 'user').getByRole('button', { name: /^Only/ }).click()
  await counted(page, countOf((line) => line.user === user))
  await open()
  await field(page, 'user').locator('.value').focus()
  await page.keyboard.press('-')
  await counted(page, countOf((line) => line.user !== user))
  await open()
  await field(page, 'time').locator('.value').click()
  await page.waitForFunction(() => new URLSearchParams(location.search).get('from')?.startsWith('2026-03-05T10:59:29'))
  assert.match(parameter(page, 'to'), /^2026-03-05T11:00:29/)
})

inPage('its message is shown as written, and copied whole', options, async (page) => {
  await page.goto(shop.page({ ...OWN, q: 'component:whole' }))
  await counted(page, 1)
  await page.locator('.line .message').click()
  assert.equal(await detail(page).locator('pre').first().textContent(), WHOLE.message)
  const copies = detail(page).locator('.copies')
  assert.equal(await copied(page, copies.getByRole('button', { name: 'Text' })), WHOLE.message)
  const [record] = await shop.records({ ...OWN, q: 'component:whole' })
  assert.deepEqual(JSON.parse(await copied(page, copies.getByRole('button', { name: 'JSON' }))), record)
  assert.match(await copied(page, copies.getByRole('button', { name: 'curl' })), /^curl .*\/api\/v1\//)
  await field(page, 'note').locator('.value').hover()
  assert.equal(await copied(page, field(page, 'note').getByRole('button', { name: 'Copy' })), WHOLE.note)
  await field(page, 'note').locator('.value').click()
  await counted(page, 1)
  await detail(page).getByRole('button', { name: 'Its lines', exact: true }).click()
  await page.waitForFunction((id) => new URLSearchParams(location.search).get('q').includes(id), WHOLE.trace_id)
  await counted(page, 1)
})

inPage('a message that is JSON is read, and stands there as written too', options, async (page) => {
  await page.goto(shop.page({ ...OWN, q: 'component:inner' }))
  await counted(page, 1)
  await page.locator('.line .message').click()
  const said = await detail(page).locator('pre').allInnerTexts()
  assert.deepEqual(said, ['said within', INNER.message])
})

inPage('a permalink opens the same line on a fresh page', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const wanted = shopLine(29_990).message
  await page.locator('.line .message', { hasText: wanted }).click()
  await detail(page).waitFor()
  const link = await copied(page, detail(page).locator('.copies').getByRole('button', { name: 'Link' }))
  const fresh = await page.context().newPage()
  await fresh.goto(link)
  await detail(fresh).waitFor()
  assert.equal(await detail(fresh).locator('pre').first().innerText(), wanted)
  await fresh.locator('.line.on .message', { hasText: wanted }).waitFor()
  await fresh.close()
  await page.evaluate(() => navigator.clipboard.writeText(''))
  await page.keyboard.press('y')
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).includes('/logs?'))
  assert.equal(await clipboard(page), page.url())
})

inPage('a permalink opens also where the browser tells sizes after the lines were counted', options, async (page) => {
  const wanted = shopLine(29_990)
  const [{ source, position }] = await shop.records({ from: wanted.time, limit: 1, to: RANGE.to })
  await page.addInitScript(() => {
    const held = []
    const Observer = window.ResizeObserver
    window.ResizeObserver = class extends Observer {
      constructor(tell) {
        super((...told) => (held === window.released ? tell(...told) : held.push(() => tell(...told))))
      }
    }
    window.release = () => {
      window.released = held
      for (const tell of held) tell()
    }
  })
  await page.goto(shop.page({ ...RANGE, open: `${source}:${position}` }))
  await page.locator('.tab-row .number', { hasText: /^30,000$/ }).waitFor()
  await page.evaluate(() => window.release())
  await page.locator('.line.on .message', { hasText: wanted.message }).waitFor()
})

inPage('y makes a relative range absolute', options, async (page) => {
  await page.goto(shop.page({ from: '-30d' }))
  await page.getByLabel('Query', { exact: true }).waitFor()
  await page.keyboard.press('y')
  await page.getByText('Copied').waitFor()
  const { searchParams } = new URL(await clipboard(page))
  assert.match(`${searchParams.get('from')} ${searchParams.get('to')}`, /^\d{4}-\d\d-\d\dT\S+Z \d{4}-\d\d-\d\dT\S+Z$/)
  assert.equal(parameter(page, 'from'), '-30d')
})

inPage('what its source wrote around a line is shown beside it, and in full, whatever the query', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: 'severity:error' }))
  const errors = shopLines().map((line, i) => ({ ...line, i })).filter(({ severity }) => severity === 'error')
  await counted(page, errors.length)
  const { i, message } = errors.findLast((one) => one.i < 30_000 - 5 * SOURCE_EVERY)
  await page.locator('.line .message', { hasText: message }).click()
  const near = detail(page).locator('.context li')
  await page.waitForFunction(() => document.querySelectorAll('aside.detail .context li').length === 7)
  assert.match(await near.nth(3).innerText(), new RegExp(`order ${i} failed`))
  assert.equal(await near.nth(3).getAttribute('aria-current'), 'true')
  await near.nth(4).getByRole('button').click()
  await page.waitForFunction((text) => document.querySelector('aside.detail pre').textContent === text, shopLine(i + SOURCE_EVERY).message)
  await near.nth(3).getByRole('button').click()
  await detail(page).getByRole('button', { name: 'More' }).click()
  const around = page.getByRole('region', { name: 'Around a line' })
  await around.waitFor()
  const found = await rows(page, 'Lines of the same source')
  const here = found.find((row) => row.message === message)
  for (const row of found) assert.equal(row.message, shopLine(i + (row.index - here.index) * SOURCE_EVERY).message)
  await shot(page, 'around')
  assert.match(parameter(page, 'around'), /:/)
  await page.reload()
  await around.waitFor()
  await rows(page, 'Lines of the same source')
  await around.getByRole('button', { name: 'Back' }).click()
  await around.waitFor({ state: 'detached' })
  assert.equal(parameter(page, 'around'), null)
})

inPage('an address of a line that is not there says so', { ...options, allows: /status of 40[04]/ }, async (page) => {
  await page.goto(shop.page({ ...RANGE, open: 'nowhere:7' }))
  await page.getByText('The line of this address is not there').waitFor()
  await search(page, 'retry')
  await hasParameter(page, 'q', 'retry')
})
