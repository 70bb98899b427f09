// What the chart says.

import { expect, test } from 'vitest'
import { parseTime, type Nanos } from '../../model/time'
import type { Bucket } from './counts'
import { brushLabel, scaleWords, sentence, stretch, tally, tight } from './words'

const at = (text: string): Nanos => parseTime(text)!
const bucket = (from: string, to: string, lines: number, errors: number): Bucket => ({
  from: at(from),
  to: at(to),
  lines,
  warnings: 0,
  errors,
})

test.each([
  [0, 0, 0, 'no lines'],
  [1, 0, 1, '1 error, 1 line'],
  [1284, 2, 0, '2 warnings, 1,284 lines'],
])('%d lines, %d warnings and %d errors read %j', (lines, warnings, errors, text) => {
  expect(tally(lines, warnings, errors)).toBe(text)
})

test.each([
  ['2026-01-29T14:06:10Z', '2026-01-29T14:06:20Z', '14:06:10 to 14:06:20'],
  ['2026-01-29T14:06:10.5Z', '2026-01-29T14:06:11Z', '14:06:10.500 to 14:06:11.000'],
  ['2026-01-29T14:06:10.617Z', '2026-01-29T14:06:40.617Z', '14:06:10 to 14:06:40'],
  ['2026-01-29T23:00:00Z', '2026-01-30T00:00:00Z', '29 Jan 23:00:00 to 30 Jan 00:00:00'],
  ['2026-01-29T00:00:00Z', '2026-01-30T00:00:00Z', '29 Jan 00:00 to 30 Jan 00:00'],
])('from %s to %s reads %j', (from, to, text) => {
  expect(stretch(bucket(from, to, 0, 0), 'utc')).toBe(text)
})

const TWO = [
  bucket('2026-01-29T14:00:00Z', '2026-01-29T14:00:30Z', 10, 2),
  bucket('2026-01-29T14:00:30Z', '2026-01-29T14:01:00Z', 1300, 0),
]

test('the sentence has the sums and where the most are', () => {
  expect(sentence(TWO, 'utc')).toBe(
    'Lines over time, 14:00:00 to 14:01:00: 2 errors, 1,310 lines; most lines, 1,300, at 14:00:30 to 14:01:00; most errors, 2, at 14:00:00 to 14:00:30.',
  )
  expect(sentence([], 'utc')).toBe('Lines over time: nothing is counted yet.')
})

test('a brush says from, to, length and what it holds', () => {
  expect(brushLabel({ first: 0, last: 1 }, TWO, 'utc')).toBe('14:00:00 to 14:01:00, 1 m, 2 errors, 1,310 lines')
})

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1.0k'],
  [9949, '9.9k'],
  [9950, '10k'],
  [115_400, '115k'],
  [999_500, '1.0M'],
  [1_300_000, '1.3M'],
])('%d is %s where there is little room', (n, text) => {
  expect(tight(n)).toBe(text)
})

test('a maximum says what it counts', () => {
  expect(scaleWords(1034, 'line', 15_000)).toBe('1.0k lines in 15 s')
  expect(scaleWords(1, 'error', 60_000)).toBe('1 error in 1 m')
})
