// What stands between the rows, and where.

import { expect, test } from 'vitest'
import { COMPLETE, type Coverage, type Gap } from '../model/coverage'
import { type LogRecord, recordKey, type SourceId } from '../model/record'
import type { Nanos } from '../model/time'
import { listItems } from './items'

const S = 's' as SourceId
const rows = (...times: number[]): LogRecord[] =>
  times.map((time) => ({
    key: recordKey('s', time),
    at: BigInt(time) as Nanos,
    source: S,
    severity: 'info',
    component: 'food',
    node: 'node-155',
    message: '',
    raw: {},
  }))
const gap = (time: number): Gap => ({ source: S, from: String(time), at: BigInt(time) as Nanos, records: 2, reason: 'too_old' })

function kinds(times: number[], coverage: Partial<Coverage>, olderCursor?: string): string {
  const feed = { rows: rows(...times), coverage: { ...COMPLETE, ...coverage }, olderCursor }
  return listItems(feed, 'Now')
    .map((item) => (item.kind === 'record' ? String(item.record.at) : item.id))
    .join(' ')
}

test('rows come with the end below them', () => {
  expect(kinds([1, 2], {})).toBe('1 2 end')
  expect(kinds([], {})).toBe('')
})

test('a gap is a row where the lines would be', () => {
  expect(kinds([1, 5], { gaps: [gap(9), gap(3)] })).toBe('1 gap s:3 5 gap s:9 end')
  expect(kinds([1], { gaps: [gap(1)] })).toBe('1 gap s:1 end')
})

test('a gap above what is loaded waits until the older lines are there', () => {
  expect(kinds([4, 5], { gaps: [gap(3)] }, 'older')).toBe('4 5 end')
  expect(kinds([4, 5], { gaps: [gap(3)] })).toBe('gap s:3 4 5 end')
})

test('the mark of completeness stands inside the list only, and only when something is late', () => {
  const to = (at: number, complete = false) => ({ complete, completeTo: BigInt(at) as Nanos })
  expect(kinds([1, 5], to(3))).toBe('1 complete 5 end')
  expect(kinds([1, 5], to(3, true))).toBe('1 5 end')
  expect(kinds([1, 5], to(5))).toBe('1 5 end')
  expect(kinds([4, 5], to(3))).toBe('4 5 end')
})
