// Where the curve and its limit stand, and where a key or a hand puts the limit.

import { expect, test } from 'vitest'
import { heightOf, moved, pathOf, scaleOf, stepOf, valueAt } from './curve'

test('the scale holds zero, the values and the limit, with room above', () => {
  expect(scaleOf([], 0)).toEqual({ least: 0, most: 0.12 })
  expect(scaleOf([2, undefined, 50], 10)).toEqual({ least: 0, most: 56 })
  expect(scaleOf([2], 100)).toEqual({ least: 0, most: 112 })
  expect(scaleOf([-10], 0)).toEqual({ least: -11.2, most: 1.2 })
})

test('a height is the value that stands there, in as few digits as a pixel tells apart', () => {
  const scale = { least: 0, most: 112 }
  expect(heightOf(112, scale)).toBe(0)
  expect(valueAt(0.5, scale, 100)).toBe(56)
  expect(valueAt(1 / 3, scale, 100)).toBe(75)
  expect(valueAt(2, scale, 100)).toBe(0)
  expect(valueAt(0.5, { least: 0, most: 1 }, 100)).toBe(0.5)
})

test('keys move the limit by round steps, and other keys do not', () => {
  const scale = { least: 0, most: 112 }
  expect(stepOf(112)).toBe(2)
  expect(stepOf(1)).toBeCloseTo(0.01)
  expect(moved(10, 'ArrowUp', scale)).toBe(12)
  expect(moved(10, 'ArrowDown', scale)).toBe(8)
  expect(moved(10, 'PageUp', scale)).toBe(30)
  expect(moved(0.1, 'ArrowUp', { least: 0, most: 1 })).toBe(0.11)
  expect(moved(10, 'Enter', scale)).toBeUndefined()
})

test('a hole is a hole, and a point alone a dot', () => {
  const scale = { least: 0, most: 10 }
  expect(pathOf([0, 10, undefined, 5], scale, [40, 10])).toBe('M5.0 10.0h0L15.0 0.0M35.0 5.0h0')
  expect(pathOf([], scale, [40, 10])).toBe('')
})
