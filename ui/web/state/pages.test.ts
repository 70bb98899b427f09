// Which page a path leads to.

import { expect, test } from 'vitest'
import { LOGIN_PATH, PAGES, pageAt } from './pages'

test.each([
  ['/', '/logs'],
  ['/logs', '/logs'],
  ['/logs/', '/logs'],
  ['/logs/deeper', '/logs'],
  ['/logsheet', undefined],
  ['/nothing', undefined],
  [LOGIN_PATH, undefined],
])('%s leads to %s', (path, page) => {
  expect(pageAt(path)?.path).toBe(page)
})

test('each page has a path and a key of its own', () => {
  for (const of of ['path', 'key'] as const) expect(new Set(PAGES.map((page) => page[of])).size).toBe(PAGES.length)
})
