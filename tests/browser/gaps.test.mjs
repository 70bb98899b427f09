// What is missing is said where it is missing: lines that were lost before anybody read them, and a node
// that is late.

import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { before } from 'node:test'
import { directory, inPage, Product, shot, start, stop, until } from './stage.mjs'

/** A collector that says nothing for so long is late; the server's limit, and some room. */
const SILENT_MS = 40_000

let lossy
let central
before(async () => {
  lossy = await Product.start('lossy', { role: 'up' })
  await lose()
  central = await Product.start('central')
  await silence()
})

/** While nobody looks a file grows, and is gone; others go on. */
async function lose() {
  const [kept, gone] = [lossy.container('kept'), lossy.container('gone')]
  const start = Date.now() - 300_000
  kept.write(...Array.from({ length: 20 }, (_, n) => [start + n * 1000, `INFO kept ${n}`]))
  gone.write([start + 20_000, 'INFO gone 0'])
  await lossy.holds('kept', 20)
  await lossy.holds('gone', 1)
  await stop(lossy.child)
  gone.write([start + 21_000, 'INFO gone 1'], [start + 22_000, 'INFO gone 2'])
  kept.write(...Array.from({ length: 20 }, (_, n) => [start + 60_000 + n * 1000, `INFO kept ${20 + n}`]))
  rmSync(gone.path)
  lossy = await Product.start('lossy', { role: 'up', port: lossy.port })
  await lossy.holds('kept', 40)
  await until('the loss', async () => JSON.parse(await lossy.get('logs')).coverage.gaps.length > 0)
}

/** A node that has sent a line, and stands still then. */
async function silence() {
  const [data, root] = [directory('silent-data'), directory('silent-root')]
  const file = `${directory('silent-logs')}/app.log`
  writeFileSync(file, 'INFO a line from far away\n')
  const collector = start('collect', ['collect', '--to', central.url, '--data', data, '--rootfs', root, '--node', 'node9', '--listen', '127.0.0.1:0', '--file', file])
  await central.holds('node:node9', 1)
  await until('its first sign of life', async () => JSON.parse(await central.get('logs')).coverage.complete)
  collector.kill('SIGSTOP')
}

inPage('lost lines are a row where they would be, with their source and the reason', { product: () => lossy }, async (page) => {
  await page.goto(lossy.page())
  const gap = page.locator('.line.gap')
  await gap.waitFor()
  assert.match(await gap.innerText(), /missing here: gone on node0\. The file was removed before it was read\./)
  await page.locator('.tab-row', { hasText: 'lines are missing in one place' }).waitFor()
  const order = await page.locator('li.line').evaluateAll((found) => found.toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((row) => row.textContent))
  const at = order.findIndex((text) => text.includes('missing here'))
  assert.ok(order.findIndex((text) => text.includes('gone 0')) < at, order.join('\n'))
  await shot(page, 'gap')
  await page.keyboard.press('o')
  await page.waitForFunction(() => location.search.includes('newest'))
  await gap.waitFor()
})

inPage('what is exported says that it is not all', { product: () => lossy }, async (page) => {
  await page.goto(lossy.page())
  await page.locator('.line.gap').waitFor()
  await page.getByRole('button', { name: 'Export', exact: true }).click()
  await page.getByRole('dialog').getByText(/Not all lines are there/).waitFor()
})

inPage('a node that is late is said in the header, in the list and by hatching', { product: () => central }, async (page) => {
  await until('the node is late', async () => JSON.parse(await central.get('logs')).coverage.lagging.length > 0, SILENT_MS)
  await page.goto(central.page())
  await page.getByText('1 node late').waitFor()
  await page.locator('.tab-row', { hasText: /node9 is .* behind/ }).waitFor()
  await page.locator('.line.between', { hasText: /^Complete to here, .* lines from node9 may still come in between\./ }).waitFor()
  await page.locator('.hatching').waitFor()
  await shot(page, 'late')
})
