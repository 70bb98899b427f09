// How shares are written.

import { expect, test } from 'vitest'
import { percent } from './percent'

test.each([
  [0, '0'],
  [-1, '0'],
  [Number.NaN, '0'],
  [0.0004, '<0.1 %'],
  [0.001, '0.1 %'],
  [0.081, '8.1 %'],
  [0.0996, '10 %'],
  [0.7149, '71 %'],
  [1, '100 %'],
])('%f is %s', (share, written) => {
  expect(percent(share)).toBe(written)
})
