// How long a silence holds.

import { expect, test } from 'vitest'
import { readSpan } from './span'

const NOW = Date.parse('2026-03-05T10:00:00Z')

test.each([
  ['now', '30m', '2026-03-05T10:00:00Z', '2026-03-05T10:30:00Z'],
  ['', '2 h', '2026-03-05T10:00:00Z', '2026-03-05T12:00:00Z'],
  ['22:00', '1d', '2026-03-05T22:00:00Z', '2026-03-06T22:00:00Z'],
  ['now', '11:15', '2026-03-05T10:00:00Z', '2026-03-05T11:15:00Z'],
])('from %j for %j', (from, to, begins, ends) => {
  expect(readSpan(from, to, 'utc', NOW)).toEqual({ from: begins, to: ends })
})

test.each([
  ['soon', '1h', 'from'],
  ['now', 'long', 'to'],
  ['now', '', 'to'],
  ['now', '0h', 'to'],
  ['now', '09:00', 'to'],
])('from %j for %j is refused at %s', (from, to, field) => {
  expect(readSpan(from, to, 'utc', NOW)).toMatchObject({ field })
})
