// What stands between the records.

import { expect, test } from 'vitest'
import { COMPLETE, type Coverage, type Gap } from '../model/coverage'
import type { SourceId } from '../model/record'
import { type Nanos, parseTime } from '../model/time'
import { betweenOf, endWords } from './between'

const at = (time: number) => BigInt(time) as Nanos
const gap = (time: number): Gap => ({
  source: 's' as SourceId,
  from: String(time),
  at: at(time),
  component: 'food',
  node: 'node-155',
  records: 2,
  reason: 'too_old',
})

function shown(coverage: Partial<Coverage>, order: 'oldest' | 'newest' = 'oldest'): string[] {
  const ends = { first: at(10), last: at(20), words: 'Now' }
  return betweenOf({ ...COMPLETE, ...coverage }, ends, order, 'utc').map(({ at, id }) => `${at ?? 'end'} ${id}`)
}

test('gaps of the range stand at their times, the end behind all', () => {
  expect(shown({ gaps: [gap(9), gap(10), gap(19), gap(20)] })).toEqual(['10 gap s:10', '19 gap s:19', 'end end'])
})

test('the mark of completeness stands inside the list only, and only when something is late', () => {
  expect(shown({ complete: false, completeTo: at(15) })).toEqual(['15 complete', 'end end'])
  expect(shown({ complete: true, completeTo: at(15) })).toEqual(['end end'])
  expect(shown({ complete: false, completeTo: at(20) })).toEqual(['end end'])
  expect(shown({ complete: false, completeTo: at(9) })).toEqual(['end end'])
})

test('the end says where it is', () => {
  const now = parseTime('2026-01-29T14:06:12.4Z') as Nanos
  expect([endWords('now', now, 'utc'), endWords('2026-01-29T14:00:00Z', now, 'utc')]).toEqual(['Now, 14:06:12', 'End of the range'])
})
