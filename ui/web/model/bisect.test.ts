// Borders.

import { expect, test } from 'vitest'
import { bisect } from './bisect'

test.each([
  [0, 0, 0],
  [1, 0, 0],
  [1, 1, 1],
  [5, 0, 0],
  [5, 3, 3],
  [5, 5, 5],
  [1_000_001, 999_999, 999_999],
])('of %d numbers those below %d are %d', (length, border, count) => {
  expect(bisect(length, (n) => n < border)).toBe(count)
})
