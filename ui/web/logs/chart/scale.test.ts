// Bars and ticks, without a page.

import { afterEach, expect, test } from 'vitest'
import { nanos, parseTime } from '../../model/time'
import type { Bucket } from './counts'
import { hangPath, heights, most, rising, risePath, ticks } from './scale'

const before = process.env.TZ
afterEach(() => {
  process.env.TZ = before
})

const bucket = (lines: number, errors: number): Bucket => ({ from: nanos(0), to: nanos(1), lines, warnings: 0, errors })

test('bars stand on the axis, errors hang below it, and nothing is drawn for nothing', () => {
  const buckets = [bucket(10, 0), bucket(0, 0), bucket(5, 5), bucket(1000, 1)]
  expect(most(buckets, rising)).toBe(999)
  expect(risePath([bucket(10, 0), bucket(0, 0)], rising, 10, 20)).toBe('M0 12h9v50h-9z')
  expect(hangPath(buckets, 5, 40)).toBe('M20 64h9v22h-9zM30 64h9v4.4h-9z')
})

test('a single line and a single error are seen', () => {
  expect(risePath([bucket(1, 0)], rising, 100_000, 10)).toBe('M0 61h9v1h-9z')
  expect(hangPath([bucket(1, 1)], 100_000, 10)).toBe('M0 64h9v2h-9z')
})

test.each([
  [100, 0, { matching: 100, behind: 100 }],
  [100, 800, { matching: 800, behind: 800 }],
  [100, 801, { matching: 100, behind: 801 }],
  [0, 50, { matching: 0, behind: 50 }],
])('%d of %d lines are drawn to the heights %o', (matching, behind, expected) => {
  expect(heights(matching, behind)).toEqual(expected)
})

test('a bar is never narrower than a pixel', () => {
  expect(risePath([bucket(1, 0), bucket(1, 0), bucket(1, 0)], rising, 1, 2)).toBe('M0 12h1v50h-1zM1 12h1v50h-1zM1 12h1v50h-1z')
})

const at = (text: string) => parseTime(text) ?? nanos(0)

test.each([
  ['2026-01-29T13:06:12Z', '2026-01-29T14:06:12Z', 700, ['13:10', '13:20', '13:30', '13:40', '13:50', '14:00']],
  ['2026-01-29T14:06:11.2Z', '2026-01-29T14:06:12.2Z', 500, ['14:06:11.200', '14:06:11.400', '14:06:11.600', '14:06:11.800', '14:06:12.000']],
  ['2026-01-29T14:06:00Z', '2026-01-29T14:06:50Z', 600, ['14:06:00', '14:06:10', '14:06:20', '14:06:30', '14:06:40']],
  ['2026-01-29T20:00:00Z', '2026-01-30T08:00:00Z', 500, ['21:00', '30 Jan', '03:00', '06:00']],
  ['2026-01-01T00:00:00Z', '2026-01-08T00:00:00Z', 700, ['1 Jan', '2 Jan', '3 Jan', '4 Jan', '5 Jan', '6 Jan', '7 Jan']],
])('from %s to %s on %d px the axis says %j', (from, to, width, labels) => {
  expect(ticks(at(from), at(to), 'utc', width).map((tick) => tick.label)).toEqual(labels)
})

test('ticks are round in the zone that is read', () => {
  process.env.TZ = 'Asia/Kolkata'
  const [first] = ticks(at('2026-01-29T13:06:12Z'), at('2026-01-29T17:06:12Z'), 'local', 500)
  expect(first).toEqual({ at: Date.UTC(2026, 0, 29, 13, 30), label: '19:00' })
})
