// The next error among lines that are here.

import { expect, test } from 'vitest'
import { type LogRecord, recordKey, type Severity, type SourceId } from '../model/record'
import type { Nanos } from '../model/time'
import { nextErrorIn } from './errors'

const ROWS = (['info', 'error', 'warn', 'fatal', 'info'] as const).map((severity: Severity, at): LogRecord => ({
  key: recordKey('s', at),
  at: BigInt(at) as Nanos,
  source: 's' as SourceId,
  severity,
  component: '',
  node: '',
  message: '',
  raw: {},
}))

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
