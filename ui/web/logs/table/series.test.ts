// A table as lines over time.

import { expect, test } from 'vitest'
import { SERIES_MAX } from '../../model/limits'
import type { Json } from '../../model/record'
import { columnsOf } from './cells'
import { drawingOf, linePath, namePlaces } from './series'

const minute = (n: number) => `2026-01-29T14:0${n}:00Z`
const typed = (types: Record<string, string>, rows: Json[][]) => {
  const columns = Object.entries(types).map(([name, type]) => ({ name, type }))
  return drawingOf(columnsOf({ columns, rows }, 'utc'), rows)
}
const COUNTS = { 'count()': 'int', component: 'string', 'bin(1m)': 'time' }

test('a number over bins of time is a line, one per group', () => {
  const drawing = typed(COUNTS, [
    [1, 'seat', minute(1)],
    [3, 'seat', minute(0)],
    [9, 'order', minute(1)],
    [2, null, minute(0)],
  ])
  expect(drawing?.lines.map(({ name, points }) => [name, points.map(({ value }) => value)])).toEqual([
    ['order', [9]],
    ['seat', [3, 1]],
    ['none', [2]],
  ])
  expect(drawing).toMatchObject({ count: 3, most: 9, to: (drawing?.from ?? 0) + 60_000 })
})

test.each([
  [{ 'count()': 'int', component: 'string' }, [[1, 'a'], [2, 'b']]],
  [{ 'count()': 'int', 'sum(n)': 'int', 'bin(1m)': 'time' }, [[1, 2, minute(0)], [1, 2, minute(1)]]],
  [{ 'count()': 'int', 'bin(1m)': 'time' }, [[1, minute(0)]]],
] as [Record<string, string>, Json[][]][])('%o is no course over time', (types, rows) => {
  expect(typed(types, rows)).toBeUndefined()
})

test('the largest lines are drawn, and it is known how many there are', () => {
  const rows = (n: number) => Array.from({ length: n * 2 }, (_, i): Json[] => [i, `c${i % n}`, minute(i < n ? 0 : 1)])
  expect(typed(COUNTS, rows(SERIES_MAX))?.lines).toHaveLength(SERIES_MAX)
  expect(typed(COUNTS, rows(SERIES_MAX + 1))).toMatchObject({ count: SERIES_MAX + 1, lines: { length: SERIES_MAX } })
})

test('a line is a path whose zero is at the bottom', () => {
  const drawing = typed(COUNTS, [[0, 'a', minute(0)], [5, 'a', minute(1)], [10, 'a', minute(2)]])!
  expect(linePath(drawing.lines[0]!, drawing, { width: 100, height: 50 })).toBe('M0 50L50 25L100 0')
})

test('names at the ends never touch and stay inside', () => {
  const rows = ['a', 'b', 'c', 'd'].flatMap((name, i): Json[][] => [[1, name, minute(0)], [i < 2 ? 10 : 0, name, minute(1)]])
  const places = namePlaces(typed(COUNTS, rows)!, 100, 16)
  const sorted = places.toSorted((a, b) => a - b)
  sorted.slice(1).forEach((y, i) => expect(y - (sorted[i] ?? 0)).toBeGreaterThanOrEqual(16))
  expect(sorted.at(-1)).toBeLessThanOrEqual(100)
})
