// The next error among lines that are here.

import { expect, test } from 'vitest'
import { nextErrorIn } from './errors'
import { testRow } from './testRow'

const ROWS = (['info', 'error', 'warn', 'fatal', 'info'] as const).map((severity, at) => testRow(at, { severity }))

test.each([
  [undefined, 'later', 's:1'],
  [undefined, 'earlier', 's:3'],
  ['s:1', 'later', 's:3'],
  ['s:3', 'later', undefined],
  ['s:2', 'earlier', 's:1'],
  ['s:1', 'earlier', undefined],
] as const)('from %s the next one %s is %s', (key, by, expected) => {
  expect(nextErrorIn(ROWS, key, by)?.key).toBe(expected)
})
