// Which page a path leads to.

import { expect, test } from 'vitest'
import { LOGIN_PATH, oneAt, PAGES, pageAt, placeAt } from './pages'

test.each([
  ['/', '/health'],
  ['/health', '/health'],
  ['/logs', '/logs'],
  ['/logs/', '/logs'],
  ['/logs/deeper', '/logs'],
  ['/logsheet', undefined],
  ['/traces/4bf92f', '/traces'],
  ['/nothing', undefined],
  [LOGIN_PATH, undefined],
])('%s leads to %s', (path, page) => {
  expect(pageAt(path)?.path).toBe(page)
})

test('each page has a path and a key of its own', () => {
  for (const of of ['path', 'key'] as const) expect(new Set(PAGES.map((page) => page[of])).size).toBe(PAGES.length)
})

test.each([
  ['/', '/health', undefined, 'Health'],
  ['/logs/deeper', '/logs', 'deeper', 'Logs'],
  ['/traces', '/traces', undefined, 'Traces'],
  ['/traces/', '/traces', undefined, 'Traces'],
  ['/traces/4bf92f', '/traces/4bf92f', '4bf92f', 'Trace'],
  ['/traces/a%2Fb/c', '/traces/a%2Fb', 'a/b', 'Trace'],
  ['/traces/%zz', '/traces/%25zz', '%zz', 'Trace'],
])('a view of %s stands at %s', (path, place, one, name) => {
  expect([placeAt(path), oneAt(path), pageAt(path)?.name]).toEqual([place, one, name])
})
