// Which fields are shown, and what choosing does to the query.

import { expect, test } from 'vitest'
import { FACET_FIELDS_MAX } from '../../model/limits'
import { facetFields, filtersBeside, severityValues, tellsApart, toggled, valuesOf } from './facets'

const seen = (name: string, type = 'string') => ({ name, type, count: 1 })

test('component and node come first, then stream and instance, then what is commonest', () => {
  const fields = ['time', 'message', 'logger', 'instance', 'node', 'http.status', 'component', 'trace_id'].map((name) => seen(name))
  expect(facetFields(fields)).toEqual(['component', 'node', 'instance', 'logger', 'http.status'])
  expect(facetFields([seen('duration', 'float'), seen('at', 'time')])).toEqual(['component', 'node'])
})

test('there are never more fields than the limit', () => {
  const many = (n: number) => facetFields(Array.from({ length: n }, (_, i) => seen(`f${i}`)))
  expect(many(FACET_FIELDS_MAX - 2)).toHaveLength(FACET_FIELDS_MAX)
  expect(many(FACET_FIELDS_MAX - 1)).toHaveLength(FACET_FIELDS_MAX)
})

test('a field whose values never repeat is no facet', () => {
  const values = (...counts: number[]) => counts.map((count, i) => ({ value: `v${i}`, count }))
  expect(tellsApart(values())).toBe(false)
  expect(tellsApart(values(1, 1))).toBe(false)
  expect(tellsApart(values(1))).toBe(true)
  expect(tellsApart(values(2, 1))).toBe(true)
})

test.each([
  ['', 'component:seat'],
  ['error', 'error component:seat'],
  ['component:seat x', 'x'],
  ['component:config x', 'x component:seat'],
  ['-component:seat', 'component:seat'],
  ['-component:config', '-component:config component:seat'],
  ['| stats count()', 'component:seat | stats count()'],
  ['component:seat | stats count()', '| stats count()'],
])('only seat in %j is %j', (q, expected) => {
  expect(toggled(q, 'component', 'seat', false)).toBe(expected)
})

test.each([
  ['', '-component:seat'],
  ['-component:seat x', 'x'],
  ['component:seat', '-component:seat'],
  ['component:config', 'component:config -component:seat'],
])('without seat in %j is %j', (q, expected) => {
  expect(toggled(q, 'component', 'seat', true)).toBe(expected)
})

test('values are counted as if nothing were chosen of their own field', () => {
  expect(filtersBeside('a component:seat -component:x node:y | limit 5', 'component')).toBe('a node:y')
})

test('what is chosen is marked, even when it does not occur', () => {
  const counted = [{ value: 'seat', count: 5 }]
  expect(valuesOf('component:seat -component:gone node:x', 'component', counted)).toEqual([
    { value: 'seat', count: 5, chosen: 'only' },
    { value: 'gone', count: undefined, chosen: 'without' },
  ])
})

test('severities go from the worst to the least, and none that does not occur', () => {
  expect(severityValues({ info: 9, error: 2, '': 4, warn: 0 }).map(({ value }) => value)).toEqual(['error', 'info'])
})
