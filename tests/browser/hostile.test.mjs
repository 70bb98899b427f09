// Text that attacks whoever shows it, through all that a sender can name and all that the Logs page shows:
// it stays text. Nothing runs, nothing is asked elsewhere, and nothing moves from its place.
//
// The payloads are those of ../hostile/payloads.mjs; whatever a script in them does, it sets window.pwned.
// Each is a line's message (first hour), and each short one a line's every name (second hour).

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { payloads } from '../hostile/payloads.mjs'
import { rows, scrollTo, scrollToPx } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

const STEP_MS = 1000
const MESSAGES_MS = Date.parse('2026-03-05T10:00:00Z')
const NAMES_MS = Date.parse('2026-03-06T10:00:00Z')
/** Longest name of a component, node, instance or attribute, bytes. */
const NAME_BYTES_MAX = 1_024
/** Most values of a field beside the list. */
const SLICE = 100
/** What the page is made of. */
const TAGS = 'a article aside b br button code dd div dl dt fieldset footer form h1 h2 h3 header i input kbd label legend li main mark nav ol p path pre progress s section small span strong svg table tbody td text textarea th thead tr ul g'.split(' ')

const all = payloads()
const short = all.filter(({ text }) => Buffer.byteLength(text) <= NAME_BYTES_MAX)
const iso = (ms) => new Date(ms).toISOString()
const MESSAGES = { from: iso(MESSAGES_MS), to: iso(MESSAGES_MS + all.length * STEP_MS) }
const NAMES = { from: iso(NAMES_MS), to: iso(NAMES_MS + short.length * STEP_MS) }
/** The part of the names whose values all stand beside the list. */
const slices = Array.from({ length: Math.ceil(short.length / SLICE) }, (_, n) => ({
  from: iso(NAMES_MS + n * SLICE * STEP_MS),
  to: iso(NAMES_MS + Math.min((n + 1) * SLICE, short.length) * STEP_MS),
}))

let product
before(async () => {
  assert.ok(all.length >= 1_900, `only ${all.length} payloads`)
  product = await Product.start('hostile')
  await product.ingest(all.map(({ id, text }, n) => ({ time: iso(MESSAGES_MS + n * STEP_MS), component: 'c', message: text, id })))
  await product.ingest(short.map(({ text }, n) => named(text, NAMES_MS + n * STEP_MS)))
})

function named(text, ms) {
  return { time: iso(ms), message: 'm', component: text, node: text, instance: text, version: text, zone: text, attributes: { [text]: text } }
}

/** A page that notes what it must not do, from its first moment on. */
function attacked(name, body, allows) {
  inPage(name, { product: () => product, allows }, async (page) => {
    const done = []
    page.on('framenavigated', (frame) => frame === page.mainFrame() || done.push(`frame ${frame.url()}`))
    page.on('download', (file) => done.push(`download ${file.url()}`))
    page.context().on('page', (other) => other === page || done.push(`window ${other.url()}`))
    await page.addInitScript(() => {
      globalThis.breaches = []
      addEventListener('securitypolicyviolation', (event) => globalThis.breaches.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`))
    })
    await body(page)
    await harmless(page)
    assert.deepEqual(done, [])
  })
}

/** Nothing has run, nothing stands where it should not. */
async function harmless(page) {
  assert.equal(page.frames().length, 1, 'no frames')
  const found = await page.evaluate((tags) => {
    const { scrollWidth, scrollHeight } = document.documentElement
    const header = document.querySelector('header.top').getBoundingClientRect()
    const body = [...document.querySelectorAll('#app *')]
    return {
      parts: body.length > 50,
      pwned: [globalThis.pwned, {}.pwned],
      breaches: globalThis.breaches,
      size: [scrollWidth, scrollHeight],
      header: [header.top, header.height, header.width],
      tags: [...new Set(body.map((element) => element.localName))].filter((tag) => !tags.includes(tag)),
      handlers: body.filter((element) => [...element.attributes].some(({ name }) => name.startsWith('on'))).length,
      links: [...document.links].filter(({ origin }) => origin !== location.origin).map(({ href }) => href),
    }
  }, [...TAGS, 'dialog'])
  assert.deepEqual(found, { parts: true, pwned: [undefined, undefined], breaches: [], size: [1440, 900], header: [0, 44, 1440], tags: [], handlers: 0, links: [] })
}

/** Looks at every row of a list: each lies in its place, whatever its neighbours say. Gives their number. */
async function everyRow(page, name, wrapped) {
  const list = page.getByRole('region', { name })
  const seen = new Set()
  await rows(page, name)
  const view = await list.evaluate((box) => box.clientHeight)
  for (let top = 0, whole = Number.POSITIVE_INFINITY; top < whole; top += view - 40) {
    whole = await scrollToPx(page, top, name)
    for (const { index } of await rows(page, name)) seen.add(index)
    const wrong = await list.evaluate((box, tall) => {
      const { left, right } = box.getBoundingClientRect()
      const place = (element) => element.getBoundingClientRect()
      const found = [...box.querySelectorAll('li.line[data-index]')].toSorted((a, b) => place(a).top - place(b).top)
      const lefts = (row) => [...row.children].map((part) => Math.round(place(part).left)).join()
      return found.flatMap((row, n) => {
        const [here, next] = [place(row), found[n + 1] && place(found[n + 1])]
        const faults = []
        if (!tall && Math.round(here.height) !== 20) faults.push(`height ${here.height}`)
        if (next && Math.abs(next.top - here.bottom) > 1 && Number(found[n + 1].dataset.index) === Number(row.dataset.index) + 1) faults.push(`next at ${next.top}, not ${here.bottom}`)
        if (here.left < left - 1 || here.right > right + 1) faults.push(`from ${here.left} to ${here.right}`)
        if (lefts(row) !== lefts(found[0])) faults.push(`parts at ${lefts(row)}, not ${lefts(found[0])}`)
        if ([...row.children].some((part) => place(part).right > here.right + 1)) faults.push('a part beyond its row')
        if (tall && row.querySelector('.message').scrollHeight > here.height + 4 && getComputedStyle(row.querySelector('.message')).overflow === 'visible') faults.push('text below its row')
        return faults.map((fault) => `row ${row.dataset.index}: ${fault}: ${row.textContent.slice(0, 60)}`)
      })
    }, wrapped)
    assert.deepEqual(wrong, [])
  }
  return seen.size
}

attacked('as messages they are rows of a list, each at its place', async (page) => {
  await page.goto(product.page(MESSAGES))
  await page.locator('.tab-row .number', { hasText: all.length.toLocaleString('en-US') }).waitFor()
  assert.equal(await everyRow(page, 'Log lines', false), all.length)
  await shot(page, 'hostile')
})

attacked('wrapped they stay above one another', async (page) => {
  await page.goto(product.page({ ...MESSAGES, wrap: '1' }))
  await page.locator('.tab-row .number', { hasText: all.length.toLocaleString('en-US') }).waitFor()
  await scrollTo(page, 0)
  assert.ok(await everyRow(page, 'Log lines', true) >= all.length * 0.9)
  await shot(page, 'hostile-wrap')
})

attacked('as components, nodes and attributes they are columns, and keep to them', async (page) => {
  await page.goto(product.page({ ...NAMES, columns: 'component,node,instance,version,zone' }))
  await page.locator('.tab-row .number', { hasText: short.length.toLocaleString('en-US') }).waitFor()
  assert.equal(await everyRow(page, 'Log lines', false), short.length)
  await shot(page, 'hostile-columns')
})

attacked('opened they are whole, and their fields too', async (page) => {
  const alone = short.map((payload, n) => ({ ...payload, n })).filter(({ id, n }) => id.includes('-alone-') && n % 3 === 0)
  const records = await product.records(NAMES)
  await page.goto(product.page({ ...NAMES, to: slices[0].to }))
  await page.locator('.line .message').first().waitFor()
  for (const { n } of alone) {
    const { source, position, component } = records[n]
    await page.evaluate((open) => {
      const url = new URL(location.href)
      url.searchParams.set('open', open)
      history.pushState(null, '', url)
      dispatchEvent(new PopStateEvent('popstate'))
    }, `${source}:${position}`)
    await page.waitForFunction((key) => document.querySelector('aside.detail .fields')?.textContent.includes(key), `${source}:${position}`)
    assert.ok(component !== undefined)
  }
  const panel = await page.locator('aside.detail').evaluate((aside) => [aside.scrollWidth - aside.clientWidth, Math.round(aside.getBoundingClientRect().right)])
  assert.deepEqual(panel, [0, 1440])
  await shot(page, 'hostile-detail')
})

attacked('long ones open too', async (page) => {
  const records = (await product.records(MESSAGES)).filter(({ attributes }) => attributes.id.startsWith('long'))
  assert.equal(records.length, 10)
  for (const { source, position } of records) {
    await page.goto(product.page({ ...MESSAGES, open: `${source}:${position}` }))
    await page.locator('aside.detail pre').first().waitFor()
    await harmless(page)
  }
})

attacked('beside the list and in the menu of columns they are values and names', async (page) => {
  for (const slice of slices) {
    await page.goto(product.page(slice))
    await page.locator('.facets .group:not(.former) .value').first().waitFor()
    await page.locator('.facets .more').evaluateAll((buttons) => buttons.forEach((more) => more.click()))
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.locator('.columns-menu .scroll button').first().waitFor()
    const wide = await page.locator('.facets, .columns-menu').evaluateAll((found) => found.filter((box) => box.scrollWidth > box.clientWidth).length)
    assert.equal(wide, 0)
    await harmless(page)
    await page.keyboard.press('Escape')
  }
})

attacked('in a table they are values of cells', async (page) => {
  await page.goto(product.page({ ...NAMES, q: '* | stats count(), min(node) by component, instance' }))
  const grid = page.getByRole('table', { name: 'Result' })
  await grid.locator('.one').first().waitFor()
  const seen = new Set()
  for (let row = 1; row <= short.length; row += 15) {
    const shown = await grid.evaluate(async (box, top) => {
      box.scrollTop = top
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame)
      return [...box.querySelectorAll('.one')].map((one) => [one.getAttribute('aria-rowindex'), Math.round(one.getBoundingClientRect().height)])
    }, (row - 1) * 28)
    for (const [index, height] of shown) {
      seen.add(index)
      assert.equal(height, 28)
    }
  }
  assert.ok(seen.size >= short.length * 0.95, `${seen.size} rows`)
  await shot(page, 'hostile-table')
})

attacked('around a line they are its neighbours', async (page) => {
  const [record] = await product.records({ ...MESSAGES, limit: 1 })
  await page.goto(product.page({ ...MESSAGES, around: `${record.source}:${record.position}` }))
  const name = 'Lines of the same source'
  await rows(page, name)
  for (let n = 0; n < 12; n += 1) {
    const height = await page.getByRole('region', { name }).evaluate((box) => {
      box.scrollTop = box.scrollHeight
      return box.scrollHeight
    })
    await page.waitForFunction(([list, before]) => {
      const box = document.querySelector(`[aria-label="${list}"]`)
      return box.scrollHeight > before || box.textContent.includes('This is where the source ends')
    }, [name, height])
  }
  assert.ok(await everyRow(page, name, false) > 500)
})

attacked('tailed they come in as lines', async (page) => {
  await page.goto(product.page({ tail: '1' }))
  await page.locator('.live', { hasText: 'Live' }).waitFor()
  for (let at = 0; at < short.length; at += SLICE) {
    const now = Date.now()
    const part = short.slice(at, at + SLICE).map(({ text }) => ({ ...named(text, now), message: text }))
    const last = `the last before ${at + SLICE}`
    await product.ingest([...part, { time: iso(now), component: 'last', message: last }])
    await page.getByText(last, { exact: true }).waitFor()
    await harmless(page)
  }
  assert.equal(await everyRow(page, 'Log lines', false), short.length + slices.length)
})

attacked('asked for they are a query, a completion, an entry of the palette, a command to copy', async (page) => {
  const some = short.filter((_, n) => n % 40 === 0)
  for (const { text } of some) {
    await page.goto(product.page({ ...NAMES, q: text, columns: text, brush: text, open: text, around: '' }))
    await page.getByLabel('Query', { exact: true }).waitFor()
    await harmless(page)
  }
  for (const slice of slices.filter((_, n) => n % 5 === 0)) {
    await page.goto(product.page(slice))
    await page.getByLabel('Query', { exact: true }).focus()
    await page.keyboard.type('component:')
    await page.getByRole('listbox', { name: 'Completions' }).waitFor()
    await harmless(page)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('option').nth(5).waitFor()
    await harmless(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Export', exact: true }).click()
    await page.getByRole('dialog', { name: 'Export' }).waitFor()
    await harmless(page)
    await page.keyboard.press('Escape')
  }
}, /status of 40[04]/)
