// What stands where, in either order.

import { expect, test } from 'vitest'
import type { Nanos } from '../model/time'
import { type Between, type Lines, linesOfRows, rowsOfList, rowsOfTimeline } from './lines'
import { testRow } from './testRow'
import { filled, timelineOf } from './timeline'

const at = (time: number) => BigInt(time) as Nanos
const gap = (time: number): Between => ({ at: at(time), kind: 'gap', id: `gap ${time}`, text: '' })
const END: Between = { at: undefined, kind: 'mark', id: 'end', text: '' }

const ids = (lines: Lines) => Array.from({ length: lines.count }, (_, i) => lines.lineAt(i).id.replace('s:', '')).join(' ')

test.each([
  [[1, 2], [], '1 2 end'],
  [[1, 5], [9, 3], '1 gap 3 5 gap 9 end'],
  [[1], [1], '1 gap 1 end'],
  [[4, 5], [3], 'gap 3 4 5 end'],
  [[4], [2, 3], 'gap 2 gap 3 4 end'],
  [[], [], 'end'],
])('rows at %j with gaps at %j read %j', (times, gaps, expected) => {
  const rows = rowsOfList(times.map((at) => testRow(at)))
  const between = [...gaps.map(gap), END]
  const oldest = linesOfRows(rows, between, 'oldest')
  const newest = linesOfRows(rows, between, 'newest')
  expect(ids(oldest)).toBe(expected)
  for (let i = 0; i < oldest.count; i += 1) expect(newest.lineAt(oldest.count - 1 - i).id).toBe(oldest.lineAt(i).id)
  for (const time of times) {
    for (const lines of [oldest, newest]) expect(lines.lineAt(lines.indexOfRow(testRow(time)) ?? -1).id).toBe(`s:${time}`)
  }
})

test('which rows are in sight leaves out what stands between', () => {
  const lines = linesOfRows(rowsOfList([1, 5, 6].map((at) => testRow(at))), [gap(3), END], 'oldest')
  expect([lines.rowsIn(0, 2), lines.rowsIn(1, 3), lines.rowsIn(0, 5)]).toEqual([[0, 1], [1, 2], [0, 3]])
  const turned = linesOfRows(rowsOfList([1, 5, 6].map((at) => testRow(at))), [gap(3), END], 'newest')
  expect([turned.rowsIn(0, 2), turned.rowsIn(0, 5)]).toEqual([[2, 3], [0, 3]])
})

test('what is not here yet has its time', () => {
  const counts = [
    { from: at(0), to: at(1_000), count: 500 },
    { from: at(1_000), to: at(2_000), count: 2 },
  ]
  const timeline = timelineOf(counts)
  const last = timeline.stretches[1]
  const rows = rowsOfTimeline(last === undefined ? timeline : filled(timeline, last, { records: [testRow(1_001), testRow(1_500)], cursor: undefined }))
  const lines = linesOfRows(rows, [gap(500)], 'oldest')
  expect(lines.count).toBe(503)
  expect(lines.lineAt(0)).toEqual({ kind: 'waiting', id: 'waiting 0', at: at(0) })
  expect(lines.lineAt(249).kind).toBe('waiting')
  expect(lines.lineAt(250).kind).toBe('gap')
  expect(lines.lineAt(502).id).toBe('s:1500')
  expect(lines.here().map(([index, record]) => `${index} ${record.key}`)).toEqual(['501 s:1001', '502 s:1500'])
})
