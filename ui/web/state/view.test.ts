// The address says the view, and back.

import { expect, test } from 'vitest'
import { absolute, besidesView, momentOf, pageHref, parseView, permalink, viewHref } from './view'

test.each([
  ['', '/logs'],
  ['?q=error', '/logs?q=error'],
  ['?from=-1h&to=now', '/logs'],
  ['?q=a+b&from=-15m&tail=1&open=9f3a:120', '/logs?q=a+b&from=-15m&tail=1&open=9f3a%3A120'],
  ['?q=%22a%26b%22', '/logs?q=%22a%26b%22'],
  ['?order=oldest&columns=component&wrap=0&zone=utc', '/logs'],
  ['?order=newest&columns=&wrap=1&zone=local', '/logs?order=newest&columns=&wrap=1&zone=local'],
  ['?columns=a%252Cb,node,node,,', '/logs?columns=a%252Cb%2Cnode'],
  ['?list=patterns&q=a', '/logs?q=a&list=patterns'],
  ['?list=vanished', '/logs?list=vanished'],
  ['?list=lines', '/logs'],
  ['?around=9f3a:120', '/logs?around=9f3a%3A120'],
  [
    '?brush=2026-01-29T14:00:00.000000001Z/2026-01-29T14:05:00Z',
    '/logs?brush=2026-01-29T14%3A00%3A00.000000001Z%2F2026-01-29T14%3A05%3A00Z',
  ],
  ['?brush=2026-01-29T14:05:00Z/2026-01-29T14:00:00Z', '/logs'],
  ['?brush=-5m/now&order=up&zone=mars&wrap=yes&tail=2&list=all', '/logs'],
])('the address %j says the same as %j', (search, href) => {
  const view = parseView(search)
  expect(viewHref(view)).toBe(href)
  expect(parseView(new URL(href, 'http://h').search)).toEqual(view)
})

test('the range and the zone go along to another page, and nothing else does', () => {
  const view = parseView('?q=error&from=-15m&zone=local&tail=1&open=a:1&columns=&brush=a/b')
  expect(pageHref('/traces', view)).toBe('/traces?from=-15m&zone=local')
  expect(pageHref('/traces', parseView(''))).toBe('/traces')
})

test('what a page says of its own is carried along', () => {
  const search = '?q=error&service=cart&order=duration&from=-15m'
  expect(viewHref(parseView(search), '/traces', besidesView(search))).toBe('/traces?q=error&from=-15m&service=cart&order=duration')
  expect(String(besidesView('?order=newest&open=a:1'))).toBe('')
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

test.each([
  ['now', '2026-01-29T14:06:12Z'],
  ['-15m', '2026-01-29T13:51:12Z'],
  ['2026-01-29T14:00:00.123456789Z', '2026-01-29T14:00:00.123456789Z'],
  ['yesterday', 'yesterday'],
  ['-99999999999d', '-99999999999d'],
])('%s is asked for as %s', (time, asked) => {
  expect(absolute(time, NOW)).toBe(asked)
})

test('a permalink is absolute and ends just behind its row', () => {
  const view = parseView('?q=error&tail=1')
  expect(permalink(view, 's:1', NOW + 434)).toEqual({
    ...view,
    from: '2026-01-29T13:06:13Z',
    to: '2026-01-29T14:06:13Z',
    tail: false,
    open: 's:1',
  })
})
