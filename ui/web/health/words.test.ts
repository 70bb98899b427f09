// Numbers of the board.

import { expect, test } from 'vitest'
import { rateWords, staleWords } from './words'

test.each([
  [0, '0'],
  [0.001, '<0.01'],
  [0.694, '0.69'],
  [12.44, '12.4'],
  [1283.7, '1,284'],
])('%d per second is written %s', (rate, expected) => {
  expect(rateWords(rate)).toBe(expected)
})

test('an old board says its age in steps', () => {
  expect([17_000, 19_999, 20_000, 300_000].map((ms) => staleWords(ms, 5_000))).toEqual(['15 s old', '15 s old', '20 s old', '5 min old'])
})
