// Export: the file that a person gets is what the API gives, as NDJSON and as CSV; how far it is, and that
// it can be left.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { before } from 'node:test'
import { counted, countOf, RANGE, said, shopLines } from './shop.mjs'
import { BINARY, inPage, Product, shot } from './stage.mjs'

const FORMULA = { time: '2026-03-05T10:00:30Z', component: 'cart', severity: 'error', message: '=1+1,"quoted"\nand a second line' }

let shop
before(async () => {
  shop = await Product.start('export')
  await shop.ingest([...shopLines(), FORMULA])
})
const options = { product: () => shop }

async function dialog(page) {
  await page.getByRole('button', { name: 'Export', exact: true }).click()
  const found = page.getByRole('dialog', { name: 'Export' })
  await found.waitFor()
  return found
}

/** Without a file to stream into: what is left is a download. */
async function download(page, q, format) {
  await page.addInitScript(() => (globalThis.showSaveFilePicker = undefined))
  await page.goto(shop.page({ ...RANGE, q }))
  await page.locator('.tab-row .number').waitFor()
  const asked = await dialog(page)
  await asked.getByLabel(format).check()
  const downloading = page.waitForEvent('download')
  await asked.getByRole('button', { name: 'Export' }).click()
  const file = await downloading
  await asked.getByText(/lines written\./).waitFor()
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8'), asked }
}

inPage('NDJSON is what the API exports, byte for byte', options, async (page) => {
  const { name, text, asked } = await download(page, '', 'NDJSON')
  assert.equal(name, 'logs.ndjson')
  assert.equal(text, await shop.get('export', RANGE))
  assert.equal(text.trimEnd().split('\n').length, 30_001)
  await asked.getByText('30,001 lines written.').waitFor()
  await shot(page, 'export')
})

inPage('CSV is what the command line writes, byte for byte', options, async (page) => {
  const q = 'severity:error'
  const { name, text } = await download(page, q, 'CSV')
  assert.equal(name, 'logs.csv')
  const written = execFileSync(BINARY, ['export', q, '--server', shop.url, '--from', RANGE.from, '--to', RANGE.to, '--output', 'csv'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  assert.equal(text, written)
  assert.match(text, /"'=1\+1,""quoted""\nand a second line"/)
})

inPage('a file is streamed into where the browser can', options, async (page) => {
  // The file is the page's own: a picker cannot be used without a person.
  await page.addInitScript(() => {
    globalThis.showSaveFilePicker = async ({ suggestedName }) => (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true })
  })
  const q = 'component:cart'
  await page.goto(shop.page({ ...RANGE, q }))
  const count = countOf((line) => line.component === 'cart') + 1
  await counted(page, count)
  const asked = await dialog(page)
  await asked.getByRole('heading', { name: `Export ${said(count)} lines` }).waitFor()
  await asked.getByRole('button', { name: 'Export' }).click()
  await asked.getByText(`${said(count)} lines written.`).waitFor()
  const text = await page.evaluate(async () => (await (await (await navigator.storage.getDirectory()).getFileHandle('logs.ndjson')).getFile()).text())
  assert.equal(text, await shop.get('export', { ...RANGE, q }))
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
})
