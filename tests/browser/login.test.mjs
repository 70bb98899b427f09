// The door: where a token is asked for nothing is shown without one, and the cookie is nothing that a
// script could read.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { counted, hasParameter, RANGE, shopLines } from './shop.mjs'
import { inPage, Product, shot } from './stage.mjs'

let door
before(async () => {
  door = await Product.start('door', { host: '0.0.0.0' })
  await door.ingest(shopLines(1_000), door.token('admin'))
})
const options = { product: () => door, allows: /status of (401|403|429)/ }

async function signIn(page, token) {
  await page.getByLabel('Token').fill(token)
  await page.keyboard.press('Enter')
}

inPage('a token is asked for; a wrong one is refused, the right one leads to where one was going', options, async (page) => {
  await page.goto(door.page({ ...RANGE, q: 'component:cart' }))
  await page.getByRole('heading', { name: 'This server asks for a token.' }).waitFor()
  assert.equal(await page.locator('.line').count(), 0)
  assert.equal(await page.evaluate(() => document.activeElement.id), 'token')
  await shot(page, 'login')
  await signIn(page, 'a token that nobody has')
  await page.getByRole('alert').getByText('The server does not know this token.').waitFor()
  await shot(page, 'login-refused')
  await signIn(page, door.token('admin'))
  await counted(page, 200)
  await hasParameter(page, 'q', 'component:cart')
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict'])
  assert.equal(await page.evaluate(() => document.cookie), '')
  await page.reload()
  await counted(page, 200)
})

inPage('whoever signs out is out, also on his other pages', options, async (page) => {
  await page.goto(door.page(RANGE))
  await signIn(page, door.token('admin'))
  await counted(page, 1_000)
  const other = await page.context().newPage()
  await other.goto(door.page(RANGE))
  await counted(other, 1_000)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'This server asks for a token.' }).waitFor()
  assert.deepEqual(await page.context().cookies(), [])
  await page.goBack().catch(() => null)
  assert.equal(await page.locator('.line').count(), 0)
  await other.reload()
  await other.getByRole('heading', { name: 'This server asks for a token.' }).waitFor()
})

inPage('the token of a collector opens nothing to read', options, async (page) => {
  await page.goto(door.page(RANGE))
  await signIn(page, door.token('ingest'))
  await page.getByText(/role|may not|not allowed|read/i).first().waitFor()
  assert.equal(await page.locator('.line .message').count(), 0)
  await shot(page, 'login-collector')
})
