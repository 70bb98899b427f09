// The main path without a pointer; and that the address is the state: Back, Forward and a fresh page show
// what was shown.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { counted, countOf, hasParameter, parameter, RANGE, rows, shopLines, type } from './shop.mjs'
import { inPage, Product } from './stage.mjs'

let shop
before(async () => {
  shop = await Product.start('keyboard')
  await shop.ingest(shopLines())
})
const options = { product: () => shop }
const detail = (page) => page.getByRole('complementary', { name: 'Line' })

/** Presses Tab until an element has the focus. */
async function tabTo(page, what, most = 150) {
  for (let n = 0; n < most; n += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), what)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`${most} times Tab do not lead to ${what}`)
}

inPage('everything can be done with the keyboard alone', options, async (page) => {
  await page.goto(shop.page())
  await page.getByRole('heading', { name: /^No line matches/ }).waitFor()
  await page.keyboard.press('t')
  await page.keyboard.type(RANGE.from)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Control+A')
  await page.keyboard.type(RANGE.to)
  await page.keyboard.press('Enter')
  await counted(page, 30_000)
  await type(page, 'upstream comp')
  await page.getByRole('option', { name: 'component:' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.type('cart')
  await page.keyboard.press('Enter')
  const matching = countOf((line) => line.message.includes('upstream') && line.component === 'cart')
  await counted(page, matching)
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const first = await detail(page).locator('pre').first().innerText()
  assert.match(first, /^order \d+ failed/)
  await page.keyboard.press('j')
  await page.waitForFunction((text) => document.querySelector('aside.detail pre').textContent !== text, first)
  await page.keyboard.press('k')
  await page.waitForFunction((text) => document.querySelector('aside.detail pre').textContent === text, first)
  assert.ok(parameter(page, 'open'))
  await tabTo(page, 'aside.detail .fields button.value[title^="node-"]')
  await page.keyboard.press('-')
  await page.waitForFunction(() => new URLSearchParams(location.search).get('q').includes('-node:'))
  await page.keyboard.press('Escape')
  await detail(page).waitFor({ state: 'detached' })
  await page.keyboard.press('w')
  await hasParameter(page, 'wrap', '1')
  await page.keyboard.press('o')
  await hasParameter(page, 'order', 'newest')
  await tabTo(page, '.plot .pointer')
  await page.keyboard.press('Home')
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('Shift+PageDown')
  await page.keyboard.press('Enter')
  await page.waitForFunction((to) => new URLSearchParams(location.search).get('to') !== to, RANGE.to)
  await tabTo(page, '.facets .value button.name')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => /severity|component/.test(new URLSearchParams(location.search).get('q')))
  await page.keyboard.press('Control+k')
  await page.keyboard.type('export')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Export' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('l')
  await hasParameter(page, 'tail', '1')
  await page.locator('.live', { hasText: 'Live' }).waitFor()
  await page.keyboard.press('Space')
  await page.locator('.live', { hasText: 'Paused' }).waitFor()
  await page.keyboard.press('l')
  await page.waitForFunction(() => !location.search.includes('tail'))
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
})

inPage('keys are not taken from whoever types', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await page.keyboard.press('/')
  await page.keyboard.type('wojktelz?[]')
  assert.equal(await page.getByLabel('Query', { exact: true }).inputValue(), 'wojktelz?[]')
  assert.equal(page.url(), shop.page(RANGE))
})

/** What a person sees of the state. */
async function screen(page) {
  await page.waitForFunction(() => document.querySelector('.lines:not(.former) .line:not(.waiting), .table:not(.former) .one') !== null)
  await page.waitForFunction(() => document.querySelector('.box.running') === null)
  const told = await page.evaluate(() => {
    const text = (selector) => document.querySelector(selector)?.textContent
    return {
      query: document.querySelector('#query').value,
      range: text('#range'),
      count: text('.tab-row .number'),
      look: [...document.querySelectorAll('.tab-row .tool')].map((tool) => `${tool.textContent} ${tool.getAttribute('aria-pressed')}`),
      brush: text('.label-of-brush'),
      open: text('aside.detail pre'),
      around: text('.around header span'),
      table: text('.table .about .strong'),
      tail: text('.live'),
    }
  })
  const columns = (await page.locator('.line .column').count()) / Math.max(await page.locator('li.line[data-index]').count(), 1)
  return { ...told, columns }
}

/** What it shows once what is awaited is there. */
async function settled(page, shown) {
  if (shown.table === undefined) await page.locator('.tab-row .number', { hasText: new RegExp(`^${shown.count}$`) }).waitFor()
  else await page.locator('.table .about .strong').waitFor()
  const parts = [['aside.detail pre', shown.open], ['.around header span', shown.around], ['.label-of-brush', shown.brush]]
  for (const [selector, text] of parts) await page.locator(selector).first().waitFor({ state: text === undefined ? 'detached' : 'visible' })
  if (shown.around !== undefined) await rows(page, 'Lines of the same source')
  return screen(page)
}

inPage('Back and Forward lead through every state, and each address opens it anew', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const steps = [
    ['a query', async () => {
      await type(page, 'upstream')
      await page.keyboard.press('Enter')
      await counted(page, countOf((line) => line.message.includes('upstream')))
    }],
    ['a facet', async () => {
      await page.locator('.facets .value button.name[aria-label^="cart,"]').click()
      await counted(page, countOf((line) => line.message.includes('upstream') && line.component === 'cart'))
    }],
    ['an order', () => page.keyboard.press('o')],
    ['wrapped lines', () => page.keyboard.press('w')],
    ['a zone', () => page.getByRole('button', { name: 'UTC', exact: true }).click()],
    ['an open line', async () => {
      await page.locator('li.line[data-index]').nth(2).click()
      await detail(page).waitFor()
    }],
    ['what is around it', async () => {
      await detail(page).getByRole('button', { name: 'More' }).click()
      await rows(page, 'Lines of the same source')
    }],
    ['not around it', async () => {
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await page.getByRole('region', { name: 'Around a line' }).waitFor({ state: 'detached' })
    }],
    ['a brush', async () => {
      await page.getByRole('slider').focus()
      await page.keyboard.press('End')
      await page.keyboard.press('Shift+ArrowLeft')
      await page.locator('.label-of-brush').waitFor()
    }],
    ['a wider range', async () => {
      await page.getByRole('slider').blur()
      await page.keyboard.press('z')
      await page.waitForFunction((from) => new URLSearchParams(location.search).get('from') !== from, RANGE.from)
    }],
    ['a table', async () => {
      await type(page, '* | stats count() by node')
      await page.keyboard.press('Enter')
      await page.locator('.table .one').first().waitFor()
    }],
  ]
  const states = [{ url: page.url(), name: 'the first', shown: await screen(page) }]
  for (const [name, act] of steps) {
    const from = page.url()
    await act()
    await page.waitForFunction((before) => location.href !== before, from)
    states.push({ url: page.url(), name, shown: await screen(page) })
  }
  const walk = async (way, wanted) => {
    for (const { url, name, shown } of wanted) {
      for (let n = 0; n < 4 && page.url() !== url; n += 1) await page[way]()
      assert.deepEqual({ url: page.url(), shown: await settled(page, shown) }, { url, shown }, `${name}, by ${way}`)
    }
  }
  await walk('goBack', states.toReversed())
  await walk('goForward', states)
  const fresh = await page.context().newPage()
  for (const { url, name, shown } of states) {
    await fresh.goto(url)
    assert.deepEqual(await settled(fresh, shown), shown, `${name}, on a fresh page`)
  }
  await fresh.close()
})
