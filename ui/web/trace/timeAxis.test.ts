// Ticks and windows of a trace's time.

import { expect, test } from 'vitest'
import { ticksOf, windowBetween, zoomed } from './timeAxis'

test.each([
  [0, 60, [0, 20, 40, 60]],
  [0, 10_200, [0, 5_000, 10_000]],
  [3, 4.1, [3, 3.5, 4]],
  [5, 5, [5]],
])('from %f to %f ms the ticks are %j', (fromMs, toMs, ticks) => {
  expect(ticksOf({ fromMs, toMs })).toEqual(ticks)
})

test('what is under the pointer stays there, and the whole is never left', () => {
  expect(zoomed({ fromMs: 0, toMs: 100 }, 0.5, 0.5, 100)).toEqual({ fromMs: 25, toMs: 75 })
  expect(zoomed({ fromMs: 25, toMs: 75 }, 0.5, 4, 100)).toEqual({ fromMs: 0, toMs: 100 })
  expect(zoomed({ fromMs: 0, toMs: 1 }, 0, 0, 1)).toEqual({ fromMs: 0, toMs: expect.closeTo(1e-6, 9) })
})

test('a window is drawn in either direction', () => {
  expect(windowBetween(0.75, 0.25, 100)).toEqual({ fromMs: 25, toMs: 75 })
  expect(windowBetween(-1, 2, 100)).toEqual({ fromMs: 0, toMs: 100 })
})
