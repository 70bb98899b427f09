// The Alerts page over a product with one rule of its own: what fires is named, silenced, and found in the
// history; a rule is replayed before it is saved, and what is wrong with it stands at its slot.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { hasParameter, parameter } from './shop.mjs'
import { inPage, Product, shot, until } from './stage.mjs'

const RULE = { name: 'Declined', query: 'declined', every: '1s', over: '1h', group_by: ['component'], annotations: { summary: 'cards of {{ labels.component }} are declined' } }

let shop
let quiet
const alertsOf = async (product) => JSON.parse(await product.get('alerts')).alerts

before(async () => {
  shop = await Product.start('alerts')
  quiet = await Product.start('quiet-alerts')
  const now = Date.now()
  await shop.ingest(Array.from({ length: 5 }, (_, n) => ({ component: 'pay', severity: 'error', message: `card declined ${n}`, time: new Date(now - n * 60_000).toISOString() })))
  await quiet.ingest([{ component: 'hello', message: 'first line', time: new Date(now).toISOString() }])
  const made = await fetch(`${shop.url}/api/v1/rules`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(RULE) })
  assert.equal(made.status, 201, await made.text())
  await until('the rule fires', async () => (await alertsOf(shop)).some(({ rule }) => rule === 'declined'))
})
const options = { product: () => shop }
/** A refusal is an error of the network to the browser. */
const refusing = { ...options, allows: /status of 400/ }
const answer = (page) => page.locator('.alerts .answer')

/** By `j`, over what else may fire. */
async function walkToDeclined(page) {
  const { id } = (await alertsOf(shop)).find(({ rule }) => rule === 'declined')
  await until('the alert is chosen', async () => {
    await page.keyboard.press('j')
    return parameter(page, 'alert') === id
  })
}

const query = (page) => page.getByLabel('Query; without pipes it counts')

inPage('where nothing fires, it says that', { product: () => quiet }, async (page) => {
  await page.goto(quiet.url)
  await page.locator('.health .sentence').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await answer(page).filter({ hasText: /^Nothing fires\. All \d+ rules are quiet\.$/ }).waitFor()
  await page.getByText('Nothing began to fire or ended in this range.').waitFor()
  await shot(page, 'alerts-quiet')
})

inPage('what fires is named, chosen by keyboard, and leads to its lines', options, async (page) => {
  await page.goto(`${shop.url}/alerts`)
  await answer(page).filter({ hasText: /Declined of pay since \d\d:\d\d/ }).waitFor()
  await walkToDeclined(page)
  await page.getByText('cards of pay are declined', { exact: true }).waitFor()
  await shot(page, 'alerts-one')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/logs\?q=declined/)
  await page.locator('.line .message', { hasText: 'card declined 4' }).waitFor()
})

inPage('the history has it, and finds it by typed words that stand in the address', options, async (page) => {
  await page.goto(`${shop.url}/alerts`)
  await page.locator('.entries-of-alerts td', { hasText: 'fires' }).first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('declined pay')
  await hasParameter(page, 'find', 'declined pay')
  await page.getByText(/^\d+ of the \d+ changes?$/).waitFor()
  await page.getByLabel('Find in the history').fill('nothing of that name')
  await page.getByText(/^0 of the \d+ changes?$/).waitFor()
})

inPage('an alert is silenced with a key, and speaks again when the silence is ended', options, async (page) => {
  await page.goto(`${shop.url}/alerts`)
  await answer(page).filter({ hasText: /Declined of pay/ }).waitFor()
  await walkToDeclined(page)
  await page.keyboard.press('s')
  await hasParameter(page, 'matchers', 'alertname="Declined" component="pay"')
  await page.keyboard.press('Enter')
  await page.locator('.silences td', { hasText: 'for 2 h' }).waitFor()
  await page.locator('.item .second', { hasText: 'silenced' }).waitFor()
  await shot(page, 'alerts-silenced')
  await page.getByRole('button', { name: /^End the silence of/ }).click()
  await page.locator('.item .second', { hasText: 'silenced' }).waitFor({ state: 'detached' })
})

inPage('what is wrong with a silence stands at its field', options, async (page) => {
  await page.goto(`${shop.url}/alerts?show=silences&matchers=component`)
  await page.getByRole('button', { name: 'Silence', exact: true }).click()
  await page.getByRole('alert').filter({ hasText: 'Write name="value" at “component”' }).waitFor()
  assert.equal(await page.getByLabel('Silence alerts with').getAttribute('aria-invalid'), 'true')
})

inPage('a rule is refused at its slot, replayed, saved and deleted', refusing, async (page) => {
  await page.goto(`${shop.url}/alerts`)
  await answer(page).waitFor()
  await page.keyboard.press('n')
  await page.getByLabel('Name of the rule').fill('Every error')
  await query(page).fill('severity:>')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: 'Expected a value' }).waitFor()
  assert.equal(await query(page).getAttribute('aria-invalid'), 'true')
  await query(page).fill('severity:error')
  await page.keyboard.press('Enter')
  // They were written within the last minutes, and received just now.
  await page.getByRole('button', { name: 'With what came late' }).click()
  await page.getByText(/^It would have fired (once|\d+ times) in 1 h$/).waitFor()
  await page.getByRole('img', { name: /^The rule would have fired/ }).waitFor()
  await page.locator('.firings a').first().waitFor()
  await shot(page, 'alerts-replay')
  // The limit is moved by keys, and the rule replayed with it.
  const limit = page.getByRole('slider', { name: 'Limit' })
  for (let press = 0; press < 6; press += 1) await limit.press('PageUp')
  await limit.press('Enter')
  await page.getByText(/^It would have fired not once in 1 h$/).waitFor()
  assert.match(parameter(page, 'draft') ?? '', /condition\.value/)
  await page.getByLabel('Limit; a duration in ms').fill('0')
  await page.keyboard.press('Enter')
  await page.locator('.firings a').first().waitFor()
  await page.reload()
  assert.equal(await query(page).inputValue(), 'severity:error')
  await page.getByRole('button', { name: 'Save' }).click()
  await hasParameter(page, 'rule', 'every-error')
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).click()
  const rules = page.locator('.listed section', { hasText: /rules/ })
  await rules.locator('.item', { hasText: 'Every error' }).waitFor({ state: 'detached' })
})

inPage('nobody was told of anything: where to name a destination is said', options, async (page) => {
  await page.goto(`${shop.url}/alerts?show=deliveries`)
  await page.getByText(/^Nobody has been told of anything yet\. .*\[\[notify\]\]/).waitFor()
})
