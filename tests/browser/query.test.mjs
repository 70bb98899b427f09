// The query bar: colours, completion by keyboard, an error under its column, history.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { counted, countOf, hasParameter, parameter, RANGE, rows, search, shopLines, type } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

let shop
before(async () => {
  shop = await Product.start('query')
  await shop.ingest(shopLines())
})
const options = { product: () => shop }

inPage('the page has its name, its policy and the newest lines at its lower end', options, async (page) => {
  const response = await page.goto(shop.page(RANGE))
  const policy = response.headers()['content-security-policy'] ?? ''
  assert.match(policy, /default-src 'self'; script-src 'self'; style-src 'self' 'nonce-/)
  assert.doesNotMatch(policy, /unsafe/)
  await counted(page, 30_000)
  assert.match(await page.title(), /Nilometer/)
  const end = await page.getByRole('region', { name: 'Log lines' }).evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop)
  assert.ok(end <= 1, `${end} pixels from the newest end`)
  await page.locator('.facets .value').first().waitFor()
  await shot(page, 'logs')
})

inPage('a query is coloured as it is typed, each character at its place', options, async (page) => {
  await page.goto(shop.page(RANGE))
  const q = 'component:cart -severity:info "connection refused" (a OR b) /re+/ | stats count() by node'
  await type(page, q)
  const mirror = page.locator('.mirror')
  assert.equal(await mirror.textContent(), q)
  const kinds = await mirror.locator('span').evaluateAll((spans) => spans.map((span) => [span.className, span.textContent]))
  for (const [kind, text] of [['t-field', 'component'], ['t-value', 'cart'], ['t-quoted', '"connection refused"'], ['t-regex', '/re+/'], ['t-pipe', '|']]) {
    assert.ok(kinds.some(([name, part]) => name === kind && part.startsWith(text)), `${kind} ${text} in ${JSON.stringify(kinds)}`)
  }
  const [under, over] = await Promise.all([mirror.boundingBox(), page.getByLabel('Query', { exact: true }).boundingBox()])
  assert.ok(Math.abs(under.x - over.x) <= 1 && Math.abs(under.y - over.y) <= 4, 'the colours lie under the letters')
})

inPage('completion offers fields and values, and the keyboard takes them', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await type(page, 'compo')
  await page.getByRole('option', { name: 'component:' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.locator('#completions [aria-selected=true]').waitFor()
  await page.keyboard.press('Enter')
  const input = page.getByLabel('Query', { exact: true })
  assert.equal(await input.inputValue(), 'component:')
  await page.getByRole('option', { name: /^cart/ }).waitFor()
  await shot(page, 'completion')
  await page.keyboard.type('che')
  await page.waitForFunction(() => document.querySelectorAll('#completions li').length === 1)
  await page.keyboard.press('ArrowDown')
  await page.locator('#completions [aria-selected=true]').waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await input.inputValue(), 'component:checkout ')
  await page.keyboard.press('Enter')
  await counted(page, 6_000)
  assert.equal(parameter(page, 'q'), 'component:checkout')
  await page.keyboard.press('Escape')
})

inPage('completion is closed by Esc and asked for by Ctrl and Space', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await type(page, 'sever')
  await page.getByRole('listbox', { name: 'Completions' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('listbox', { name: 'Completions' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Control+Space')
  await page.getByRole('option', { name: 'severity:' }).waitFor()
})

inPage('a query filters, stands in the address, and Back undoes it', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  await search(page, 'retry component:payment')
  const retries = countOf((line) => line.message.includes('retry') && line.component === 'payment')
  await counted(page, retries)
  for (const row of await rows(page)) assert.match(row.message, /retry/)
  assert.equal(await page.locator('.line mark').first().innerText(), 'retry')
  assert.equal(parameter(page, 'q'), 'retry component:payment')
  await shot(page, 'query')
  await page.goBack()
  await counted(page, 30_000)
  assert.equal(await page.getByLabel('Query', { exact: true }).inputValue(), '')
  await page.goForward()
  await counted(page, retries)
})

inPage('an error stands under its column, and the lines that were there stay', { ...options, allows: /status of 400/ }, async (page) => {
  await page.goto(shop.page(RANGE))
  await counted(page, 30_000)
  const refused = page.waitForResponse((response) => response.status() === 400)
  await search(page, 'component:cart AND (severity:')
  const { error } = await (await refused).json()
  await page.getByRole('alert').getByText(error.message).waitFor()
  const caret = await page.locator('.refusal .caret').boundingBox()
  const before = await page.locator('.mirror').evaluate((mirror, column) => {
    const range = document.createRange()
    const walker = document.createTreeWalker(mirror, NodeFilter.SHOW_TEXT)
    let left = column - 1
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left <= node.length) {
        range.setStart(node, left)
        range.collapse(true)
        return range.getBoundingClientRect().left
      }
      left -= node.length
    }
    return mirror.getBoundingClientRect().right
  }, error.column)
  assert.ok(Math.abs(caret.x - before) <= 3, `the caret at ${caret.x}, column ${error.column} at ${before}`)
  const input = await page.getByLabel('Query', { exact: true }).boundingBox()
  assert.ok(caret.y >= input.y + input.height - 4, 'below the field')
  assert.equal(await page.getByLabel('Query', { exact: true }).getAttribute('aria-invalid'), 'true')
  await shot(page, 'query-error')
})

inPage('queries that were asked come back from the palette', options, async (page) => {
  await page.goto(shop.page(RANGE))
  await search(page, 'retry component:cart')
  await hasParameter(page, 'q', 'retry component:cart')
  await search(page, 'severity:error')
  await counted(page, countOf((line) => line.severity === 'error'))
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('retry')
  await page.getByRole('option', { name: 'retry component:cart recent query' }).waitFor()
  await page.getByRole('option', { name: 'retry component:cart recent query' }).click()
  await hasParameter(page, 'q', 'retry component:cart')
})
