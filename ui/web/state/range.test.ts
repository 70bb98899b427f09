// Ranges as typed, moved and widened.

import { afterEach, expect, test } from 'vitest'
import { rangeName, readRange, readTime, shifted, shownTime, widened } from './range'

const NOW = Date.parse('2026-11-21T14:06:12Z')
const before = process.env.TZ
afterEach(() => {
  process.env.TZ = before
})

test.each([
  ['now', 'now', NOW],
  [' -90m ', '-90m', NOW - 5_400_000],
  ['-7d', '-7d', NOW - 604_800_000],
  ['2026-11-21T04:06:00+01:00', '2026-11-21T04:06:00+01:00', Date.UTC(2026, 10, 21, 3, 6)],
  ['2026-11-21 04:06', '2026-11-21T04:06:00Z', Date.UTC(2026, 10, 21, 4, 6)],
  ['2026-11-21T04:06:09.5', '2026-11-21T04:06:09.500Z', Date.UTC(2026, 10, 21, 4, 6, 9, 500)],
  ['2026-11-21', '2026-11-21T00:00:00Z', Date.UTC(2026, 10, 21)],
  ['04:06', '2026-11-21T04:06:00Z', Date.UTC(2026, 10, 21, 4, 6)],
])('%j is the time %s', (typed, time, ms) => {
  expect(readTime(typed, 'utc', NOW)).toEqual({ time, ms })
})

test.each(['', 'yesterday', '-90', '-1w', '2026-02-30', '2026-11-21 25:00', '2026-11-21 04:60', '24:01', '2026-13-01'])(
  '%j is no time, and it is said what is',
  (typed) => {
    expect(readTime(typed, 'utc', NOW)).toEqual({ problem: expect.stringContaining('2026-11-21 04:06') })
  },
)

test('a time without a zone is in the chosen zone', () => {
  process.env.TZ = 'Asia/Shanghai'
  expect(readTime('2026-11-21 04:06', 'local', NOW)).toMatchObject({ time: '2026-11-20T20:06:00Z' })
  expect(readTime('04:06', 'local', NOW)).toMatchObject({ time: '2026-11-20T20:06:00Z' })
})

test('the problem stands under the field that it belongs to', () => {
  expect(readRange({ from: 'x', to: 'now' }, 'utc', NOW)).toMatchObject({ field: 'from' })
  expect(readRange({ from: '-1h', to: 'x' }, 'utc', NOW)).toMatchObject({ field: 'to' })
  expect(readRange({ from: 'now', to: '-1h' }, 'utc', NOW)).toMatchObject({ field: 'to' })
  expect(readRange({ from: 'now', to: 'now' }, 'utc', NOW)).toMatchObject({ field: 'to' })
  expect(readRange({ from: '04:06', to: 'now' }, 'utc', NOW)).toEqual({ range: { from: '2026-11-21T04:06:00Z', to: 'now' } })
})

const at = (from: string, to: string) => ({ from, to })

test.each([
  [at('-1h', 'now'), -1, at('2026-11-21T12:36:12Z', '2026-11-21T13:36:12Z')],
  [at('2026-11-21T12:00:00Z', '2026-11-21T12:10:00Z'), 1, at('2026-11-21T12:05:00Z', '2026-11-21T12:15:00Z')],
  [at('2026-11-21T14:00:00Z', '2026-11-21T14:30:00Z'), 1, at('2026-11-21T14:00:00Z', '2026-11-21T14:30:00Z')],
  [at('1970-01-01T00:00:00Z', 'now'), -1, at('1970-01-01T00:00:00Z', 'now')],
  [at('x', 'now'), 1, at('x', 'now')],
] as const)('%o shifted by %d is %o', (range, by, expected) => {
  expect(shifted(range, by, NOW)).toEqual(expected)
})

test.each([
  [at('-1h', 'now'), at('-2h', 'now')],
  [at('-90m', 'now'), at('-3h', 'now')],
  [at('-12h', 'now'), at('-24h', 'now')],
  [at('-24h', 'now'), at('-2d', 'now')],
  [at('-45s', 'now'), at('-90s', 'now')],
  [at('2026-11-21T12:00:00Z', '2026-11-21T13:00:00Z'), at('2026-11-21T11:30:00Z', '2026-11-21T13:30:00Z')],
  [at('2026-11-21T13:00:00Z', '2026-11-21T14:00:00Z'), at('2026-11-21T12:30:00Z', 'now')],
  [at('1970-01-01T00:00:00Z', 'now'), at('1970-01-01T00:00:00Z', 'now')],
])('%o twice as long is %o', (range, expected) => {
  expect(widened(range, NOW)).toEqual(expected)
})

test.each([
  ['-90m', '-90m'],
  ['now', 'now'],
  ['2026-11-21T04:06:00Z', '2026-11-21 04:06'],
  ['2026-11-21T04:06:07Z', '2026-11-21 04:06:07'],
  ['2026-11-21T04:06:07.250Z', '2026-11-21 04:06:07.250'],
  ['2026-11-21T04:06:07.250000001Z', '2026-11-21T04:06:07.250000001Z'],
])('%s stands in its field as %s, and means the same', (time, shown) => {
  expect(shownTime(time, 'utc')).toBe(shown)
  const [read, meant] = [readTime(shown, 'utc', NOW), readTime(time, 'utc', NOW)]
  expect(read).toMatchObject({ ms: 'ms' in meant ? meant.ms : undefined })
})

test.each([
  [at('-1h', 'now'), 'Last 1 h'],
  [at('-3h', 'now'), 'Last 3 h'],
  [at('-90m', 'now'), 'Last 90 min'],
  [at('1970-01-01T00:00:00Z', 'now'), 'All time'],
  [at('-3h', '-1h'), undefined],
  [at('2026-11-21T04:06:00Z', 'now'), undefined],
])('%o is called %s', (range, name) => {
  expect(rangeName(range)).toBe(name)
})
