// The same moment on two clocks.

import { afterEach, expect, test } from 'vitest'
import { nanos } from './time'
import { clockIn, momentAt, wallClock, wallText, zoneName } from './zone'

const MOMENT = Date.UTC(2026, 0, 29, 22, 6, 11, 434)
const before = process.env.TZ
afterEach(() => {
  process.env.TZ = before
})

test.each([
  ['Asia/Shanghai', '2026-01-30 06:06:11.434', 'UTC+8'],
  ['America/St_Johns', '2026-01-29 18:36:11.434', 'UTC−3:30'],
  ['UTC', '2026-01-29 22:06:11.434', 'UTC'],
])('in %s the clock shows %s, %s', (zone, wall, name) => {
  process.env.TZ = zone
  expect(wallText(MOMENT, 'local')).toBe(wall)
  expect(clockIn(nanos(MOMENT), 'local')).toBe(wall.slice(11))
  expect(zoneName(MOMENT, 'local')).toBe(name)
  expect(momentAt(wallClock(MOMENT, 'local'), 'local')).toBe(MOMENT)
})

test('UTC is UTC wherever the browser is', () => {
  process.env.TZ = 'Asia/Shanghai'
  expect(wallText(MOMENT, 'utc')).toBe('2026-01-29 22:06:11.434')
  expect(zoneName(MOMENT, 'utc')).toBe('UTC')
  expect(momentAt(wallClock(MOMENT, 'utc'), 'utc')).toBe(MOMENT)
})
