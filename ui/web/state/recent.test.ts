// Which queries are remembered.

import { expect, test } from 'vitest'
import { QUERY_CHARS_MAX, RECENT_QUERIES_MAX } from '../model/limits'
import { recentOf, withRecent } from './recent'

test.each([
  [[], ' error ', ['error']],
  [['a', 'b'], 'b', ['b', 'a']],
  [['a'], '', ['a']],
  [['a'], 'x'.repeat(QUERY_CHARS_MAX + 1), ['a']],
  [[], 'x'.repeat(QUERY_CHARS_MAX), ['x'.repeat(QUERY_CHARS_MAX)]],
])('%j and then %j', (list, q, expected) => {
  expect(withRecent(list, q)).toEqual(expected)
})

test('no more are kept than the limit', () => {
  const full = Array.from({ length: RECENT_QUERIES_MAX }, (_, i) => `q${i}`)
  expect(withRecent(full.slice(1), 'new')).toHaveLength(RECENT_QUERIES_MAX)
  expect(withRecent(full, 'new')).toEqual(['new', ...full.slice(0, -1)])
})

test.each([
  [null, []],
  ['not json', []],
  ['{"a":1}', []],
  ['["a",1,null,"b"]', ['a', 'b']],
])('what was kept as %j is %j', (kept, expected) => {
  expect(recentOf(kept)).toEqual(expected)
})
