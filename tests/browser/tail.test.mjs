// The tail: lines as a live writer writes them, paused and counted, none missing and none twice; away and
// back again when the server is.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { rows, scrollToPx } from './shop.mjs'
import { inPage, Product, shot, stop, until } from './stage.mjs'

const LINES = 600
const AT_ONCE = 10
const EVERY_MS = 40

let up
before(async () => {
  up = await Product.start('tail', { role: 'up' })
})
const options = { product: () => up }

const live = (page) => page.locator('.live', { hasText: 'Live' }).waitFor()
const waiting = async (page) => Number((await page.locator('.pill').innerText()).replaceAll(',', '').match(/(\d+) new lines?/)[1])

/** Writes numbered lines at a steady rate; resolves when all are written. */
function writer(log, word, count = LINES) {
  let next = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = Date.now()
      const part = Array.from({ length: Math.min(AT_ONCE, count - next) }, (_, n) => [now, `${next + n === 300 ? 'ERROR' : 'INFO'} ${word} ${next + n}`])
      log.write(...part)
      next += part.length
      if (next < count) return
      clearInterval(timer)
      resolve()
    }, EVERY_MS)
  })
}

/** Every row of the list, from its top to its end. */
async function everyRow(page) {
  const all = new Map()
  for (let top = 0, height = Number.POSITIVE_INFINITY; top < height; top += 500) {
    height = await scrollToPx(page, top)
    for (const row of await rows(page)) all.set(row.index, row.message)
  }
  return [...all.keys()].toSorted((a, b) => a - b).map((index) => all.get(index))
}

inPage('a tail is paused, counts what waits, goes on, and has every line once', options, async (page) => {
  const log = up.container('steady')
  log.write([Date.now(), 'INFO before'])
  await up.holds('before component:steady', 1)
  await page.goto(up.page({ q: 'component:steady', tail: '1' }))
  await live(page)
  const written = writer(log, 'steady')
  await page.getByText(/steady \d+$/).first().waitFor()
  await page.keyboard.press('Space')
  await page.locator('.live', { hasText: 'Paused' }).waitFor()
  const last = (await rows(page)).at(-1).message
  await page.locator('.pill', { hasText: /new lines?/ }).waitFor()
  const first = await waiting(page)
  await until('more waits', async () => (await waiting(page)) > first + 20)
  assert.equal((await rows(page)).at(-1).message, last, 'what is read stays')
  await page.locator('.pill', { hasText: '1 error' }).waitFor()
  await shot(page, 'tail-paused')
  await page.keyboard.press('Space')
  await written
  await page.getByText(`steady ${LINES - 1}`).waitFor()
  await page.locator('.pill').waitFor({ state: 'detached' })
  const seen = (await everyRow(page)).filter((message) => /steady \d+/.test(message))
  assert.deepEqual(seen.map((message) => Number(message.split(' ').at(-1))), Array.from({ length: LINES }, (_, n) => n))
})

inPage('scrolling away pauses, and only the pill or its key goes on', options, async (page) => {
  const log = up.container('away')
  log.write(...Array.from({ length: 100 }, (_, n) => [Date.now(), `INFO away ${n}`]))
  await up.holds('component:away', 100)
  await page.goto(up.page({ q: 'component:away', tail: '1' }))
  await live(page)
  await page.getByText('away 99').waitFor()
  await shot(page, 'tail')
  await page.getByRole('region', { name: 'Log lines' }).hover()
  await page.mouse.wheel(0, -400)
  await page.locator('.live', { hasText: 'Paused' }).waitFor()
  log.write([Date.now(), 'INFO away 100'])
  await page.locator('.pill', { hasText: '1 new line' }).waitFor()
  assert.equal(await page.getByText('away 100').count(), 0)
  await page.locator('.pill').click()
  await page.getByText('away 100').waitFor()
  await live(page)
})

inPage('l begins and ends a tail, and a query filters it', options, async (page) => {
  const log = up.container('picky')
  log.write([Date.now(), 'INFO picky first'])
  await up.holds('component:picky', 1)
  await page.goto(up.page({ q: 'component:picky wanted' }))
  await page.getByRole('heading', { name: /^No line matches/ }).waitFor()
  await page.keyboard.press('l')
  await live(page)
  log.write([Date.now(), 'INFO picky other'], [Date.now(), 'INFO picky wanted'])
  await page.locator('.line .message', { hasText: 'picky wanted' }).waitFor()
  assert.equal(await page.getByText('picky other').count(), 0)
  await page.keyboard.press('l')
  await page.waitForFunction(() => !location.search.includes('tail'))
})

inPage('a stream that is lost is said to be, and goes on where it was', { ...options, allows: /ERR_|Failed to load/ }, async (page) => {
  const log = up.container('lost')
  log.write([Date.now(), 'INFO lost 0'])
  await up.holds('component:lost', 1)
  await page.goto(up.page({ q: 'component:lost', tail: '1' }))
  await live(page)
  await page.getByText('lost 0').waitFor()
  await stop(up.child)
  await page.locator('.live', { hasText: 'Stream lost, trying again' }).waitFor()
  await page.getByText('stream lost', { exact: true }).waitFor()
  await shot(page, 'tail-lost')
  log.write([Date.now(), 'INFO lost 1'])
  up = await Product.start('tail', { role: 'up', port: up.port })
  await live(page)
  log.write([Date.now(), 'INFO lost 2'])
  await page.getByText('lost 2').waitFor()
  assert.deepEqual((await rows(page)).map(({ message }) => message), [0, 1, 2].map((n) => `INFO lost ${n}`))
})
