// Lines around a line, growing at both ends.

import { expect, test } from 'vitest'
import { type LogRecord, recordKey, type SourceId } from '../model/record'
import type { Nanos } from '../model/time'
import { grown, NO_SURROUNDINGS, type Surroundings } from './surroundings'

const row = (at: number): LogRecord => ({
  key: recordKey('s', at),
  at: BigInt(at) as Nanos,
  source: 's' as SourceId,
  severity: 'info',
  component: '',
  node: '',
  message: '',
  raw: {},
})
const key = (at: number) => recordKey('s', at)
const said = ({ rows, moreBefore, moreAfter }: Surroundings) => [rows.map(({ at }) => Number(at)).join(' '), moreBefore, moreAfter]

test('as many as were asked for means that there may be more', () => {
  const begun = grown(NO_SURROUNDINGS, [3, 4, 5, 6].map(row), { key: key(5), before: 2, after: 2 })
  expect(said(begun)).toEqual(['3 4 5 6', true, false])
  const earlier = grown(begun, [2, 3].map(row), { key: key(3), before: 2, after: 0 })
  expect(said(earlier)).toEqual(['2 3 4 5 6', false, false])
})

test('what is there already does not come twice', () => {
  const begun = grown(NO_SURROUNDINGS, [4, 5, 6].map(row), { key: key(5), before: 1, after: 1 })
  const later = grown(begun, [6, 7, 8].map(row), { key: key(6), before: 0, after: 2 })
  expect(said(later)).toEqual(['4 5 6 7 8', true, true])
})
