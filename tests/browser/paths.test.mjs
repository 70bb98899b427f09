// The Paths page: the graph, where traces enter, which ways they take, who owns their time; and its address.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { hasParameter, parameter } from './shop.mjs'
import { FROM_MS, PARAMETERS, RANGE, send, shopTraces, spanId, traceId, TRACES } from './spans.mjs'
import { inPage, Product, shot } from './stage.mjs'

/** Of `GET /buy`, so many end before payment is asked; of `GET /list`, all stay in frontend. */
const EARLY = 30
const LISTED = 12
const HOSTILE = '<img src=x onerror=alert(1)>'

function more() {
  const span = (n, part, of) => ({ trace: traceId(8_000 + n), id: spanId(900_000 + n * 10 + part), at: FROM_MS + n * 1_000, ms: 10, kind: 2, ...of })
  const early = Array.from({ length: EARLY }, (_, n) => [
    span(n, 1, { service: 'frontend', name: 'GET /buy', failed: true }),
    span(n, 2, { service: 'checkout', name: 'POST /orders', parent: spanId(900_000 + n * 10 + 1), ms: 5, failed: true }),
  ])
  const listed = Array.from({ length: LISTED }, (_, n) => span(1_000 + n, 1, { service: 'frontend', name: 'GET /list' }))
  return [...early.flat(), ...listed, span(2_000, 1, { service: HOSTILE, name: HOSTILE })]
}

let shop
let empty
before(async () => {
  shop = await Product.start('paths', { parameters: PARAMETERS })
  empty = await Product.start('paths-empty', { parameters: PARAMETERS })
  await send(shop, [...more(), ...shopTraces()])
})

const options = { product: () => shop }
const address = (product, parameters = RANGE) => `${product.url}/paths?${new URLSearchParams(parameters)}`
const entries = (page) => page.locator('.entries a')
const paths = (page) => page.locator('.paths-list button.path')

async function open(page, parameters) {
  await page.goto(address(shop, parameters))
  await paths(page).first().waitFor()
}

inPage('the page says who owns the slow tail, and draws who calls whom', options, async (page) => {
  await open(page)
  assert.match(await page.locator('.answer').textContent(), /^\w+ owns \d+ % of the slow tail of frontend GET \/buy/)
  await page.getByRole('img', { name: '4 services, 2 ways between them' }).waitFor()
  const left = async (service) => (await page.locator('.node', { hasText: service }).boundingBox()).x
  assert.ok((await left('frontend')) < (await left('checkout')) && (await left('checkout')) < (await left('payment')))
  assert.ok(await page.locator('.node.failing', { hasText: 'checkout' }).isVisible())
  await page.getByText(/^Calls to .*checkout.* fail\.$/).waitFor()
  await page.locator('.node', { hasText: 'payment' }).hover()
  await page.locator('.node.dim', { hasText: 'frontend' }).waitFor()
  await shot(page, 'paths')
})

inPage('paths are told as they differ from the commonest; j and k walk, and the address says which', options, async (page) => {
  await open(page)
  assert.deepEqual(await page.locator('.paths-list h2').textContent(), '2 distinct paths of frontend GET /buy')
  const [first, second] = await paths(page).allTextContents()
  assert.match(first, /^80 %.*frontend › checkout › payment.*120 traces/)
  assert.match(second, /^20 %.*ends early, without payment.*30 traces.*100 %$/)
  await page.keyboard.press('j')
  await page.locator('.path.on', { hasText: 'ends early' }).waitFor()
  assert.equal(parameter(page, 'service'), 'frontend')
  const chosen = page.url()
  await page.locator('.owner', { hasText: 'checkout' }).waitFor()
  assert.equal(await page.locator('.owner', { hasText: 'payment' }).count(), 0)
  await page.keyboard.press('k')
  await page.locator('.path.on', { hasText: '120 traces' }).waitFor()
  await page.locator('.owner', { hasText: 'payment' }).waitFor()
  await page.goto(chosen)
  await page.locator('.path.on', { hasText: 'ends early' }).waitFor()
})

inPage('an entry leads to its paths and back, and to its slowest traces', options, async (page) => {
  await open(page)
  assert.match((await entries(page).allTextContents()).join('\n'), new RegExp(`GET /buy${TRACES + EARLY}.*\n.*GET /list${LISTED}`))
  await entries(page).filter({ hasText: 'GET /list' }).click()
  await page.getByText('1 distinct path of frontend GET /list').waitFor()
  await hasParameter(page, 'operation', 'GET /list')
  await page.goBack()
  await page.getByText('2 distinct paths of frontend GET /buy').waitFor()
  await page.getByRole('link', { name: 'Show the slow ones' }).click()
  await page.waitForURL((url) => url.pathname === '/traces' && url.searchParams.get('operation') === 'GET /buy' && url.searchParams.get('order') === 'duration')
})

inPage('a service leads to its lines, and a name that acts is text', options, async (page) => {
  await open(page)
  await entries(page).filter({ hasText: HOSTILE }).click()
  await page.getByText(`1 distinct path of ${HOSTILE}`).waitFor()
  await page.locator('.node', { hasText: 'payment' }).click()
  await page.waitForURL((url) => url.pathname === '/logs' && url.searchParams.get('q') === 'component:"payment"')
})

inPage('without a trace the page says how to send some', { product: () => empty }, async (page) => {
  await page.goto(address(empty))
  await page.getByRole('heading', { name: /^No trace in / }).waitFor()
  await page.getByText('port 4317').waitFor()
})

inPage('on a phone the paths stand below each other, and nothing is wider than it', { ...options, context: { viewport: { width: 390, height: 844 } } }, async (page) => {
  await open(page)
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
  assert.ok(await entries(page).first().isVisible())
})
