// Times in and out, exact and as read.

import { expect, test } from 'vitest'
import { clock, day, duration, millis, parseTime, rfc3339Nanos, roundDuration } from './time'

test.each([
  ['2026-01-29T14:06:11.434567891Z', 1769695571434567891n],
  ['2026-01-29T14:06:11Z', 1769695571000000000n],
  ['2026-01-29T15:06:11.5+01:00', 1769695571500000000n],
  ['1969-12-31T23:59:59.999999999Z', -1n],
])('%s is exact to the nanosecond', (text, ns) => {
  expect(parseTime(text)).toBe(ns)
})

test.each([
  '2026-01-29T14:06:11.434567891Z',
  '2026-01-29T14:06:11.434Z',
  '2026-01-29T14:06:11Z',
  '1969-12-31T23:59:59.999999999Z',
])('%s is written as it was read', (text) => {
  expect(rfc3339Nanos(parseTime(text)!)).toBe(text)
})

test.each(['', 'now', '-15m', '2026-01-29', '2026-13-29T14:06:11Z', '2026-01-29T14:06:11'])(
  '%j is not a time',
  (text) => {
    expect(parseTime(text)).toBeUndefined()
  },
)

test('a time is shown to the millisecond, rounded down', () => {
  const time = parseTime('2026-01-29T14:06:11.434999999Z')!
  expect(clock(time)).toBe('14:06:11.434')
  expect(day(time)).toBe('29 Jan 2026')
  expect(millis(parseTime('1969-12-31T23:59:59.999999999Z')!)).toBe(-1)
})

test.each([
  [0, '0'],
  [0.616, '616 µs'],
  [7.3, '7.3 ms'],
  [60, '60 ms'],
  [1200, '1.20 s'],
  [10_200, '10.2 s'],
  [249_000, '4 m 9 s'],
  [12_600_000, '3 h 30 m'],
  [172_800_000, '2 d'],
])('%d ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test('how late somebody is is said in whole seconds', () => {
  expect(roundDuration(41_320)).toBe('41 s')
  expect(roundDuration(61_000)).toBe('1 m 1 s')
})
