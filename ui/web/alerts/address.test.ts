// What an address shows.

import { expect, test } from 'vitest'
import { placeOf } from './address'

test.each([
  ['', { what: 'history' }],
  ['show=silences', { what: 'silences' }],
  ['show=deliveries', { what: 'deliveries' }],
  ['show=other', { what: 'history' }],
  ['alert=a-1', { what: 'alert', id: 'a-1' }],
  ['rule=errors', { what: 'rule', id: 'errors' }],
  ['new=1', { what: 'new rule' }],
])('%j shows %o', (search, shown) => {
  expect(placeOf(new URLSearchParams(search)).shown).toEqual(shown)
})

test('a draft and words to find are taken along', () => {
  const place = placeOf(new URLSearchParams({ new: '1', draft: '{"query":"x"}', find: 'cart', matchers: 'a="b"' }))
  expect(place).toMatchObject({ draft: { query: 'x' }, find: 'cart', matchers: 'a="b"' })
})
