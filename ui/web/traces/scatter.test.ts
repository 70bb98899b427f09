// The axis of durations, the spread beside it, and what is chosen in it.

import { expect, test } from 'vitest'
import type { TraceSeen } from '../api/traces'
import { type Nanos, nanos } from '../model/time'
import { chosenOf, durationAt, durationsOf, durationTerm, gridOf, heightOf, holds, partOf, quantile, spreadOf, termMs, timesOf } from './scatter'

const trace = (durationMs: number, atMs = 0, errors = 0): TraceSeen => ({
  id: `${durationMs}`,
  service: 'shop',
  operation: 'buy',
  at: nanos(atMs),
  durationMs,
  spans: 1,
  errors,
  path: undefined,
})

test('the axis holds what is on it, and goes there and back', () => {
  const axis = durationsOf([trace(3), trace(1_200), trace(0)])
  expect([heightOf(0, axis), heightOf(1e9, axis)]).toEqual([expect.closeTo(0.02, 1), 1])
  for (const ms of [0.01, 3, 1_200]) expect(durationAt(heightOf(ms, axis), axis)).toBeCloseTo(ms, 6)
  expect(durationsOf([])).toEqual({ leastMs: 1, mostMs: 1_000 })
  expect(durationsOf([trace(0)])).toEqual({ leastMs: 1, mostMs: 1_000 })
})

test.each([
  [{ leastMs: 2, mostMs: 20_000 }, [10, 100, 1_000, 10_000]],
  [{ leastMs: 8, mostMs: 120 }, [10, 30, 100]],
  [{ leastMs: 0.05, mostMs: 0.7 }, [0.1, 0.3]],
])('on %o the lines are %j', (axis, lines) => {
  expect(gridOf(axis)).toEqual(lines)
})

test('every trace is in the spread once, and what failed is told apart', () => {
  const traces = [trace(1), trace(1, 0, 2), trace(10), trace(100)]
  const spread = spreadOf(traces, { leastMs: 1, mostMs: 100 }, 2)
  expect(spread).toEqual([{ traces: 2, failed: 1 }, { traces: 2, failed: 0 }])
})

test.each([
  [[], 0.5, undefined],
  [[7], 0.99, 7],
  [[1, 2, 3, 4], 0.5, 2],
  [[1, 2, 3, 4], 0.95, 4],
  [[1, 2, 3, 4], 0, 1],
])('of %j the quantile %f is %s', (sorted, q, expected) => {
  expect(quantile(sorted, q)).toBe(expected)
})

test.each([
  [0.0184, '18us', 0.018],
  [9.9994, '9999us', 9.999],
  [18.4, '18ms', 18],
  [61_000, '61000ms', 61_000],
])('%f ms is asked for as %s', (ms, term, meant) => {
  expect(durationTerm(ms)).toBe(term)
  expect(termMs(term)).toBeCloseTo(meant, 9)
})

test.each(['', '18', 'ms', '-1ms', '1h', '1e3ms'])('%j is no duration', (term) => {
  expect(termMs(term)).toBeUndefined()
})

test('what is drawn is what the address says, and holds its end no more', () => {
  const axis = { leastMs: 1, mostMs: 10_000 }
  const { brush, band } = chosenOf([2_000.4, 1_000.6], [0.5, 0.25], axis)
  expect([brush, band]).toEqual([['1970-01-01T00:00:01Z', '1970-01-01T00:00:02.001Z'], '10ms/100ms'])
  const part = partOf(brush, band)
  const held = [trace(10, 1_000), trace(100, 2_000), trace(9.9, 1_500), trace(101, 1_500), trace(50, 2_001), trace(50, 999)]
  expect(held.map((one) => part !== undefined && holds(part, one))).toEqual([true, true, false, false, false, false])
})

test.each([
  [undefined, '1ms/2ms'],
  [['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'] as const, null],
  [['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'] as const, '2ms/1ms'],
  [['x', 'y'] as const, '1ms/2ms'],
])('%j with %j is no part', (brush, band) => {
  expect(partOf(brush, band)).toBeUndefined()
})

test('the time is the question’s, or where its traces are when it is open or cut', () => {
  const traces = [trace(1, 5_000), trace(1, 7_000)]
  const asked = [nanos(1_000), nanos(9_000)] as const
  expect(timesOf(traces, asked, false)).toEqual([1_000, 9_000])
  expect(timesOf(traces, asked, true)).toEqual([5_000, 9_000])
  expect(timesOf(traces, [0n as Nanos, nanos(9_000)], false)).toEqual([5_000, 7_001])
  expect(timesOf([], asked, true)).toEqual([1_000, 9_000])
})
