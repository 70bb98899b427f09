// Fields and their values beside the list: included and excluded by click, by Alt and a click, by keyboard.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { counted, countOf, parameter, RANGE, said, shopLines } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

let shop
before(async () => {
  shop = await Product.start('facets')
  await shop.ingest(shopLines())
})
const options = { product: () => shop }

const group = (page, field) => page.getByRole('complementary', { name: 'Fields' }).getByRole('region', { name: field, exact: true })
const value = (page, field, name) => group(page, field).locator('.value', { has: page.locator(`button.name[aria-label^="${name},"]`) })
const button = (page, field, name) => value(page, field, name).locator('button.name')

inPage('each value stands with how many lines have it', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const severity = (name) => countOf((line) => line.severity === name)
  for (const [field, name, count] of [
    ['severity', 'error', severity('error')],
    ['severity', 'warn', severity('warn')],
    ['severity', 'info', severity('info')],
    ['component', 'cart', 6_000],
    ['node', 'node-1', 10_000],
    ['status', '503', severity('error')],
  ]) {
    assert.equal(await button(page, field, name).getAttribute('aria-label'), `${name}, ${said(count)} lines`)
  }
})

inPage('a click includes, another adds, a third takes away; what matches follows', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await button(page, 'component', 'cart').click()
  await counted(page, 6_000)
  assert.match(parameter(page, 'q'), /component:cart/)
  assert.equal(await button(page, 'component', 'cart').getAttribute('aria-pressed'), 'true')
  await button(page, 'severity', 'error').click()
  await counted(page, countOf((line) => line.component === 'cart' && line.severity === 'error'))
  await shot(page, 'facets')
  await button(page, 'severity', 'error').click()
  await counted(page, 6_000)
  await button(page, 'component', 'cart').click()
  await counted(page, 30_000)
  assert.equal(parameter(page, 'q'), null)
})

inPage('Alt and a click exclude, and the value stays there to be taken back', options, async (page) => {
  await page.goto(shop.page({ ...RANGE, q: 'retry' }))
  const retries = countOf((line) => line.message.includes('retry'))
  await counted(page, retries)
  await button(page, 'component', 'payment').click({ modifiers: ['Alt'] })
  await counted(page, countOf((line) => line.message.includes('retry') && line.component !== 'payment'))
  assert.match(parameter(page, 'q'), /retry -component:payment/)
  await value(page, 'component', 'payment').and(page.locator('.without')).waitFor()
  await button(page, 'component', 'payment').click({ modifiers: ['Alt'] })
  await counted(page, retries)
  assert.equal(parameter(page, 'q'), 'retry')
})

inPage('plus and minus do the same for the value that has the focus', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await button(page, 'node', 'node-2').focus()
  await page.keyboard.press('-')
  await counted(page, 20_000)
  await button(page, 'node', 'node-2').focus()
  await page.keyboard.press('-')
  await counted(page, 30_000)
  await button(page, 'node', 'node-2').focus()
  await page.keyboard.press('+')
  await counted(page, 10_000)
  assert.match(parameter(page, 'q'), /node:node-2/)
  await value(page, 'node', 'node-1').hover()
  await value(page, 'node', 'node-1').getByRole('button', { name: 'Only node-1' }).click()
  await page.waitForFunction(() => new URLSearchParams(location.search).get('q').includes('node-1'))
})

inPage('more values are there when asked for', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const users = group(page, 'user')
  await users.getByRole('button', { name: '6 more' }).click()
  assert.equal(await users.locator('.value').count(), 11)
  await users.getByRole('button', { name: 'Fewer' }).click()
  assert.equal(await users.locator('.value').count(), 5)
})
