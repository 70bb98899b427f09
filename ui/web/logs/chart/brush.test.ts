// The cursor and the brush, without a page.

import { expect, test } from 'vitest'
import { nanos } from '../../model/time'
import { brushAt, brushOf, bucketAt, type Cursor, inBrush, moved, spanOf } from './brush'
import type { Bucket } from './counts'

const BUCKETS: readonly Bucket[] = Array.from({ length: 10 }, (_, i) => ({
  from: nanos(i * 1000),
  to: nanos((i + 1) * 1000),
  lines: i,
  warnings: 0,
  errors: i % 2,
}))
const at = (at: number, anchor?: number): Cursor => ({ at, anchor })

test.each([
  [undefined, 'ArrowLeft', false, at(9)],
  [undefined, 'Home', false, at(0)],
  [at(5), 'ArrowRight', false, at(6)],
  [at(9), 'ArrowRight', false, at(9)],
  [at(5), 'ArrowRight', true, at(6, 5)],
  [at(6, 5), 'ArrowLeft', true, at(5, 5)],
  [at(6, 5), 'PageUp', true, at(0, 5)],
  [at(6, 5), 'ArrowLeft', false, at(5)],
  [at(6, 5), 'x', false, undefined],
] as const)('from %o the key %s, shift %s, goes to %o', (cursor, key, shift, expected) => {
  expect(moved(cursor, key, shift, BUCKETS.length)).toEqual(expected)
})

test('without buckets there is no cursor', () => {
  expect(moved(undefined, 'ArrowLeft', false, 0)).toBeUndefined()
})

test('a brush has its ends in order, and is there only with an anchor', () => {
  expect(brushOf(at(3, 5))).toEqual({ first: 3, last: 5 })
  expect(brushOf(at(3))).toBeUndefined()
})

test.each([
  [-5, 0],
  [0, 0],
  [99, 0],
  [100, 1],
  [1000, 9],
  [2000, 9],
])('%d px of 1000 is in bucket %d', (px, bucket) => {
  expect(bucketAt(px, 1000, 10)).toBe(bucket)
})

test('a brush goes into the address and comes back', () => {
  const span = spanOf({ first: 2, last: 4 }, BUCKETS)
  expect(span).toEqual(['1970-01-01T00:00:02Z', '1970-01-01T00:00:05Z'])
  expect(brushAt(span, BUCKETS)).toEqual({ first: 2, last: 4 })
  expect(inBrush({ first: 2, last: 4 }, BUCKETS)).toMatchObject({ lines: 9, errors: 1, from: nanos(2000), to: nanos(5000) })
})

test.each([
  [['1970-01-01T00:00:02.500Z', '1970-01-01T00:00:03.500Z'], { first: 2, last: 3 }],
  [['1970-01-01T00:01:00Z', '1970-01-01T00:02:00Z'], undefined],
  [['then', 'now'], undefined],
  [undefined, undefined],
] as const)('the brush %o of the address is %o', (span, brush) => {
  expect(brushAt(span, BUCKETS)).toEqual(brush)
})
