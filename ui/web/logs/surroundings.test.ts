// Lines around a line, growing at both ends.

import { expect, test } from 'vitest'
import { AROUND_ROWS, AROUND_ROWS_MAX } from '../model/limits'
import { recordKey } from '../model/record'
import { grown, NO_SURROUNDINGS, type Surroundings, wantedMore } from './surroundings'
import { testRow } from './testRow'

const key = (at: number) => recordKey('s', at)
const said = ({ rows, moreBefore, moreAfter }: Surroundings) => [rows.map(({ at }) => Number(at)).join(' '), moreBefore, moreAfter]

test('as many as were asked for means that there may be more', () => {
  const begun = grown(NO_SURROUNDINGS, [3, 4, 5, 6].map((at) => testRow(at)), { key: key(5), before: 2, after: 2 })
  expect(said(begun)).toEqual(['3 4 5 6', true, false])
  const earlier = grown(begun, [2, 3].map((at) => testRow(at)), { key: key(3), before: 2, after: 0 })
  expect(said(earlier)).toEqual(['2 3 4 5 6', false, false])
})

test('what is there already does not come twice', () => {
  const begun = grown(NO_SURROUNDINGS, [4, 5, 6].map((at) => testRow(at)), { key: key(5), before: 1, after: 1 })
  const later = grown(begun, [6, 7, 8].map((at) => testRow(at)), { key: key(6), before: 0, after: 2 })
  expect(said(later)).toEqual(['4 5 6 7 8', true, true])
})

const many = (count: number, change: Partial<Surroundings> = {}): Surroundings => ({
  ...NO_SURROUNDINGS,
  rows: Array.from({ length: count }, (_, at) => testRow(at)),
  ...change,
})

test.each([
  [many(200), 0, 30, { key: 's:0', before: AROUND_ROWS, after: 0 }],
  [many(200), 80, 110, undefined],
  [many(200), 170, 200, { key: 's:199', before: 0, after: AROUND_ROWS }],
  [many(200, { moreBefore: false }), 0, 30, undefined],
  [many(200, { moreAfter: false }), 170, 200, undefined],
  [many(AROUND_ROWS_MAX - 1), 0, 30, { key: 's:0', before: AROUND_ROWS, after: 0 }],
  [many(AROUND_ROWS_MAX), 0, 30, undefined],
  [many(0), 0, 0, undefined],
] as const)('%# more is loaded at the end that is near, as long as there is room', (now, first, last, expected) => {
  expect(wantedMore(now, first, last)).toEqual(expected)
})
