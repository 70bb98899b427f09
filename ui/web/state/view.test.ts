// The address says the view, and back.

import { expect, test } from 'vitest'
import { momentOf, parseView, permalink, viewHref, withTerm } from './view'

test.each([
  ['', '/logs'],
  ['?q=error', '/logs?q=error'],
  ['?from=-1h&to=now', '/logs'],
  ['?q=a+b&from=-15m&tail=1&open=9f3a:120', '/logs?q=a+b&from=-15m&tail=1&open=9f3a%3A120'],
  ['?q=%22a%26b%22', '/logs?q=%22a%26b%22'],
])('the address %j says the same as %j', (search, href) => {
  const view = parseView(search)
  expect(viewHref(view)).toBe(href)
  expect(parseView(new URL(href, 'http://h').search)).toEqual(view)
})

const NOW = Date.parse('2026-01-29T14:06:12Z')

test.each([
  ['now', NOW],
  ['-90s', NOW - 90_000],
  ['-7d', NOW - 7 * 86_400_000],
  ['2026-01-29T14:00:00Z', NOW - 372_000],
  ['yesterday', undefined],
])('%s is a moment or nothing', (time, moment) => {
  expect(momentOf(time, NOW)).toBe(moment)
})

test('a permalink is absolute and ends just behind its row', () => {
  const view = parseView('?q=error&tail=1')
  expect(permalink(view, 's:1', NOW + 434)).toEqual({
    q: 'error',
    from: '2026-01-29T13:06:13.000Z',
    to: '2026-01-29T14:06:13.000Z',
    tail: false,
    open: 's:1',
  })
})

test.each([
  ['', 'component', 'basic', false, 'component:basic'],
  ['error', 'node', 'node-74', true, 'error -node:node-74'],
  ['', 'path', '/a b', false, 'path:"/a b"'],
  ['', 'note', 'say "hi"', false, 'note:"say \\"hi\\""'],
  ['', 'n', '-5', false, 'n:"-5"'],
])('%j with %s %j', (q, field, value, not, expected) => {
  expect(withTerm(q, field, value, not)).toBe(expected)
})
