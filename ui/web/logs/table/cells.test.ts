// How the values of a table are read.

import { expect, test } from 'vitest'
import type { Json } from '../../model/record'
import { columnsOf } from './cells'

function read(name: string, type: string, values: readonly Json[]): readonly string[] {
  const [column] = columnsOf({ columns: [{ name, type }], rows: values.map((value) => [value]) }, 'utc')
  return values.map((value) => column!.read(value))
}

test.each([
  ['count()', 'int', [1284, 0, null], ['1,284', '0', 'none']],
  ['avg(x)', 'float', [1234.5678, 0.12345, 3], ['1,234.57', '0.1235', '3']],
  ['p99(duration_ms)', 'float', [7.31, 1200, -60], ['7.3 ms', '1.20 s', '−60 ms']],
  ['quantile(0.9,took_s)', 'float', [0.5], ['500 ms']],
  ['count(duration_ms)', 'int', [1200], ['1,200']],
  ['component', 'string', ['seat', '<b>', ''], ['seat', '<b>', '']],
  ['ok', 'bool', [true, null], ['true', 'none']],
  ['bin(1m)', 'time', ['2026-01-29T14:06:00Z', '2026-01-29T14:07:00Z'], ['14:06:00', '14:07:00']],
  ['bin(1d)', 'time', ['2026-01-29T00:00:00Z', '2026-01-30T00:00:00Z'], ['29 Jan 00:00:00', '30 Jan 00:00:00']],
  ['max(time)', 'time', ['2026-01-29T14:06:00.25Z', 'then'], ['14:06:00.250', 'then']],
] as [string, string, Json[], string[]][])('%s of type %s reads %j as %j', (name, type, values, expected) => {
  expect(read(name, type, values)).toEqual(expected)
})

test('counts have bars to compare them by, other numbers have none', () => {
  const rows = [
    [1, 5],
    [7, 2],
  ]
  const columns = columnsOf({ columns: [{ name: 'count()', type: 'int' }, { name: 'sum(n)', type: 'int' }], rows }, 'utc')
  expect(columns.map(({ most }) => most)).toEqual([7, undefined])
  expect(columns.map(({ numeric }) => numeric)).toEqual([true, true])
})

test('a column is as wide as its widest text, up to a limit', () => {
  const width = (text: string) => columnsOf({ columns: [{ name: 'f', type: 'string' }], rows: [[text]] }, 'utc')[0]!.width
  expect(width('x'.repeat(20))).toBe(20)
  expect(width('x'.repeat(72))).toBe(72)
  expect(width('x'.repeat(73))).toBe(72)
})
