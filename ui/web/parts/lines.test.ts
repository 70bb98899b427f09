// Lines over time as paths.

import { expect, test } from 'vitest'
import { areaPath, fromFirst, linePath, most, pointAt, pointUnder } from './lines'

const BOX = { width: 30, height: 10 }

test('a gap begins a new stroke, and what is bad is drawn from its point on', () => {
  expect(linePath([0, 5, undefined, 10], 10, BOX)).toBe('M0 10L10 5M30 0')
  expect(linePath([0, 5, 10, 10], 10, BOX, 2)).toBe('M20 0L30 0')
  expect(linePath([0, 0], 0, BOX)).toBe('M0 10L30 10')
})

test('an area closes down to the axis, gap by gap', () => {
  expect(areaPath([5, 5, undefined, 1], 10, BOX)).toBe('M0 10L0 5L10 5L10 10Z')
})

test('the greatest point counts, and at least what is asked for', () => {
  expect(most([undefined, 3, 2])).toBe(3)
  expect(most([], 0.1)).toBe(0.1)
})

test.each([
  [undefined, undefined],
  [5, 0],
  [10, 1],
  [25, 2],
  [30, undefined],
])('a moment %s lies in point %s', (ms, point) => {
  expect(pointAt(ms, [0, 10, 20, 30])).toBe(point)
})

test('a pointer finds the nearest point, also beyond the ends', () => {
  expect([-5, 0, 14, 16, 99].map((px) => pointUnder(px, 30, 4))).toEqual([0, 0, 1, 2, 3])
  expect(pointUnder(1, 0, 4)).toBeUndefined()
})

test('a line begins with the first count', () => {
  expect(fromFirst([0, undefined, 0, 2, 0])).toEqual([undefined, undefined, undefined, 2, 0])
  expect(fromFirst([0, 0])).toEqual([0, 0])
})
