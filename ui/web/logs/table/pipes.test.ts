// Columns and pipes.

import { expect, test } from 'vitest'
import { binOf, groupFields, linesOf, sortedBy, sortOf } from './pipes'

test.each([
  ['error', []],
  ['| stats count()', []],
  ['| stats count(), p99(d) by component, bin(1m), node as n', [['component', 'component'], ['n', 'node']]],
  ['| stats count() by bin(received, 1m), "two words"', [['two words', 'two words']]],
  ['| top 5 by http.status | sort count() desc', [['http.status', 'http.status']]],
  ['| histogram 1m by severity', [['severity', 'severity']]],
])('in %j a click filters by %j', (q, expected) => {
  expect([...groupFields(q)]).toEqual(expected)
})

test.each([
  ['error', undefined],
  ['| stats count() by component', undefined],
  ['| stats count() by component, bin(1m)', { column: 'bin(1m)', length: 60_000_000_000n }],
  ['| stats count() by bin( time, 500ms ), node | limit 5', { column: 'bin(time,500ms)', length: 500_000_000n }],
  ['| stats count() by bin(1h) as "the hour"', { column: 'the hour', length: 3_600_000_000_000n }],
  ['| stats count() by bin(received, 1m)', undefined],
  ['| stats count() by bin(1y)', undefined],
  ['| histogram 10s by component', { column: 'time', length: 10_000_000_000n }],
  ['| histogram', undefined],
])('the bins of %j are %o', (q, expected) => {
  expect(binOf(q)).toEqual(expected)
})

test.each([
  ['| stats count()', undefined],
  ['| sort n', { column: 'n', descending: false }],
  ['| sort n desc, m', { column: 'n', descending: true }],
  ['| sort p99( duration ) desc | limit 5', { column: 'p99(duration)', descending: true }],
  ['| sort "two words" asc', { column: 'two words', descending: false }],
  ['| sort n | stats count()', undefined],
])('%j is sorted by %o', (q, expected) => {
  expect(sortOf(q)).toEqual(expected)
})

test.each([
  ['a | stats count() by f', 'count()', true, 'a | stats count() by f | sort count() desc'],
  ['a | stats count() by f | sort count() desc', 'count()', true, 'a | stats count() by f | sort count()'],
  ['a | stats count() by f | sort count() desc', 'f', false, 'a | stats count() by f | sort f'],
  ['a|top 5 by f|sort f|limit 5', 'f', false, 'a|top 5 by f | sort f desc |limit 5'],
  ['a | top 5 by f | limit 5', 'f', false, 'a | top 5 by f | limit 5 | sort f'],
  ['| stats count() as "how many"', 'how many', true, '| stats count() as "how many" | sort "how many" desc'],
  ['| stats quantile(0.9,d)', 'quantile(0.9,d)', true, '| stats quantile(0.9,d) | sort quantile(0.9,d) desc'],
])('%j sorted by %s, a number: %s, is %j', (q, column, numeric, expected) => {
  expect(sortedBy(q, column, numeric)).toBe(expected)
})

test.each([
  ['a | stats count() by component', 'component', 'seat', 'a component:seat'],
  ['| stats count() by http.status', 'http.status', 500, 'http.status:500'],
  ['a OR b | top 5 by zone', 'zone', 'x', '(a OR b) zone:x'],
  ['a | stats count() by zone', 'zone', null, 'a -zone:*'],
  ['a OR b | stats count() by zone', 'zone', null, '(a OR b) -zone:*'],
])('the lines of a group of %j, %s %j, are %j', (q, field, value, expected) => {
  expect(linesOf(q, field, value)).toBe(expected)
})
