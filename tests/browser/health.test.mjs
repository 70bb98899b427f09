// The Health page over a shop of three that send spans: who fails is named, with whom it takes along, since when,
// and where the evidence is.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { hasParameter } from './shop.mjs'
import { inPage, Product, shot, until } from './stage.mjs'

const hex = (n, bytes) => n.toString(16).padStart(bytes * 2, '0')
const nanos = (ms) => `${ms}000000`

/** A request per second of the last `seconds`: shop asks pay, which fails every second time, and mail, which
 *  never does. */
function requests(seconds) {
  const now = Date.now()
  const spans = { shop: [], pay: [], mail: [] }
  for (let n = 1; n <= seconds; n += 1) {
    const start = now - n * 1000
    const failed = n % 2 === 0
    const id = (part) => hex(n * 10 + part, 8)
    const span = (part, parent, kind, fails) => ({
      traceId: hex(n, 16),
      spanId: id(part),
      ...(parent === undefined ? {} : { parentSpanId: id(parent) }),
      name: 'POST /checkout',
      kind,
      startTimeUnixNano: nanos(start + part),
      endTimeUnixNano: nanos(start + part + 20),
      status: fails ? { code: 2, message: 'card declined' } : {},
    })
    spans.shop.push(span(1, undefined, 2, failed), span(2, 1, 3, failed), span(4, 1, 3, false))
    spans.pay.push(span(3, 2, 2, failed))
    spans.mail.push(span(5, 4, 2, false))
  }
  const attribute = (key, stringValue) => ({ key, value: { stringValue } })
  return {
    resourceSpans: Object.entries(spans).map(([service, own]) => ({
      resource: { attributes: [attribute('service.name', service), attribute('service.instance.id', `${service}-1`), attribute('host.name', 'node-1')] },
      scopeSpans: [{ spans: own }],
    })),
  }
}

async function send(product, body) {
  const answer = await fetch(`${product.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  assert.equal(answer.status, 200, await answer.text())
}

let shop
let quiet
before(async () => {
  shop = await Product.start('health')
  quiet = await Product.start('quiet')
  await send(shop, requests(120))
  const now = Date.now()
  await shop.ingest(Array.from({ length: 5 }, (_, n) => ({ component: 'pay', severity: 'error', message: `card declined ${n}`, time: new Date(now - n * 1000).toISOString() })))
  await quiet.ingest([{ component: 'hello', message: 'first line', time: new Date(now).toISOString() }])
  await until('health of three', async () => (await (await fetch(`${shop.url}/api/v1/health`)).json()).components.length === 3)
})
const options = { product: () => shop }
const sentence = (page) => page.locator('.answer .sentence')
const rows = (page) => page.locator('.board tbody tr:not(.split) th.who a').allInnerTexts()

inPage('the sentence names who fails, and whom it takes with it', options, async (page) => {
  await page.goto(shop.url)
  await sentence(page).filter({ hasText: /^pay has been failing since \d\d:\d\d and takes shop with it\.$/ }).waitFor()
  await page.getByText(/^[45]\d % of calls to pay fail\.$/).waitFor()
  assert.deepEqual(await rows(page), ['pay', 'shop', 'mail'])
  assert.match(await page.locator('.chart-of-health svg').nth(1).getAttribute('aria-label'), /^Failing requests, \d\d:\d\d to \d\d:\d\d: /)
  assert.equal(await page.getByRole('navigation', { name: 'Pages' }).locator('[aria-current=page]').innerText(), 'Health')
  await shot(page, 'health')
})

inPage('its evidence is a link away: the first error, and a failing trace', options, async (page) => {
  await page.goto(shop.url)
  const trace = await page.getByRole('link', { name: 'A failing trace' }).getAttribute('href')
  assert.match(trace, /^\/traces\/[0-9a-f]{32}/)
  await page.getByRole('link', { name: 'First error' }).click()
  await page.locator('.line .message', { hasText: 'card declined 4' }).waitFor()
  assert.match(page.url(), /\/logs\?q=/)
})

inPage('the board is walked by keyboard, what is chosen stands in the address, Enter leads to its lines', options, async (page) => {
  await page.goto(shop.url)
  await sentence(page).waitFor()
  await page.keyboard.press('j')
  await hasParameter(page, 'component', 'pay')
  await page.keyboard.press('j')
  await hasParameter(page, 'component', 'shop')
  await page.keyboard.press('k')
  await hasParameter(page, 'component', 'pay')
  assert.equal(await page.locator('.board tr[aria-current=true] th.who a').innerText(), 'pay')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/logs\?q=component%3Apay/)
  await page.keyboard.press('g')
  await page.keyboard.press('h')
  await page.waitForURL(/\/health/)
})

inPage('where all is well, it says that', { product: () => quiet }, async (page) => {
  await page.goto(quiet.url)
  await sentence(page).filter({ hasText: 'hello is healthy. Nothing changed in the last hour.' }).waitFor()
  await shot(page, 'health-well')
})

inPage('on a phone the healthy are folded, and open at a touch', { ...options, context: { viewport: { width: 390, height: 844 } } }, async (page) => {
  await page.goto(shop.url)
  const mail = page.locator('.board th.who a', { hasText: 'mail' })
  await page.getByRole('button', { name: '1 healthy, tap to show' }).click()
  await mail.waitFor({ state: 'visible' })
  await shot(page, 'health-phone')
})
