// Where lines lie, wrapped ones too.

import { expect, test } from 'vitest'
import { heightsOf } from './heights'

test('lines of one height lie at its multiples', () => {
  const heights = heightsOf(10, 20, [])
  expect([heights.whole, heights.top(3), heights.height(3), heights.at(59), heights.at(60)]).toEqual([200, 60, 20, 2, 3])
  expect([heights.at(-5), heights.at(1e9)]).toEqual([0, 9])
})

test('a place and a line find each other, whatever is tall', () => {
  const tall = [[0, 20], [3, 40], [4, 20], [9, 60]] as const
  const heights = heightsOf(10, 20, tall)
  expect(heights.whole).toBe(200 + 140)
  let top = 0
  for (let index = 0; index < 10; index += 1) {
    expect(heights.top(index)).toBe(top)
    expect(heights.at(top)).toBe(index)
    top += heights.height(index)
    expect(heights.at(top - 1)).toBe(index)
  }
  expect(top).toBe(heights.whole)
})
