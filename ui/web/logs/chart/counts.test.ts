// Counts by severity as the chart reads them.

import { expect, test } from 'vitest'
import { nanos } from '../../model/time'
import { type Bucket, bucketCount, occupied, severityTotals, toBucket } from './counts'

const counted = (counts: Record<string, number>) => ({ from: nanos(0), to: nanos(1000), counts })

test('lines are all lines, and fatal ones are errors', () => {
  const bucket = toBucket(counted({ '': 1, info: 10, warn: 3, error: 2, fatal: 1 }))
  expect(bucket).toMatchObject({ lines: 17, warnings: 3, errors: 3 })
  expect(toBucket(counted({}))).toMatchObject({ lines: 0, warnings: 0, errors: 0 })
})

test('totals add up over the buckets', () => {
  expect(severityTotals([counted({ info: 1, warn: 2 }), counted({ info: 3 })])).toEqual({ info: 4, warn: 2 })
})

const MINUTE = 60_000

test.each([
  [5 * MINUTE, 1440, 150],
  [15 * MINUTE, 1440, 180],
  [60 * MINUTE, 1440, 240],
  [6 * 60 * MINUTE, 1440, 180],
  [24 * 60 * MINUTE, 1440, 144],
  [7 * 24 * 60 * MINUTE, 1440, 168],
  [30 * 24 * 60 * MINUTE, 1440, 240],
  [60 * MINUTE, 390, 60],
  [3_600_001, 1440, 240],
  [3_600_001, 100, 40],
  [3_600_001, 5000, 300],
])('a range of %d ms on %d px is counted in %d buckets', (length, width, count) => {
  expect(bucketCount(length, width)).toBe(count)
})

test('a range far wider than its lines is narrowed to them', () => {
  const at = (i: number, lines: number): Bucket => ({ from: nanos(i), to: nanos(i + 1), lines, warnings: 0, errors: 0 })
  const buckets = (full: readonly number[]) => Array.from({ length: 40 }, (_, i) => at(i, full.includes(i) ? 1 : 0))
  expect(occupied(buckets([38, 39]))).toEqual([nanos(38), nanos(40)])
  expect(occupied(buckets([0, 39]))).toBeUndefined()
  expect(occupied(buckets([]))).toBeUndefined()
})
