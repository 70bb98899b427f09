// Rows and bars of a replay.

import { expect, test } from 'vitest'
import type { Firing } from '../model/alert'
import { REPLAY_ROWS_MAX } from '../model/limits'
import { rowsOf } from './bars'

const firing = (component: string, fromMs: number, toMs: number): Firing => ({ fromMs, toMs, labels: component === '' ? {} : { component }, peak: 1 })

test('a row for each on whom, the busiest first, cut at the range', () => {
  const rows = rowsOf([firing('a', 100, 150), firing('b', 0, 200), firing('a', 180, 400)], 100, 300)
  expect(rows).toEqual([
    { name: 'a', bars: [{ from: 0, length: 0.25 }, { from: 0.4, length: 0.6 }] },
    { name: 'b', bars: [{ from: 0, length: 0.5 }] },
  ])
})

test('whoever has no labels just fires', () => {
  expect(rowsOf([firing('', 0, 1)], 0, 2)).toEqual([{ name: 'fires', bars: [{ from: 0, length: 0.5 }] }])
})

test.each([
  [REPLAY_ROWS_MAX, 'c0'],
  [REPLAY_ROWS_MAX + 1, '2 others'],
])('of %i the last row is %s', (whom, last) => {
  const rows = rowsOf(Array.from({ length: whom }, (_, n) => firing(`c${n}`, 0, n + 1)), 0, 100)
  expect(rows).toHaveLength(REPLAY_ROWS_MAX)
  expect(rows.at(-1)?.name).toBe(last)
})
