// What the list shows, index by index, from top to bottom: records, places for records that are still on
// their way, and what stands between them: gaps where the lines would be, the place up to which all is
// here, the end. Pure.
//
// - What stands between records stands behind all records up to its time.
// - Newest on top is the same list read backwards.

import { bisect } from '../model/bisect'
import type { LogRecord } from '../model/record'
import type { Nanos } from '../model/time'
import * as timeline from './timeline'

export type Line =
  | { readonly kind: 'record'; readonly id: string; readonly record: LogRecord }
  | { readonly kind: 'waiting'; readonly id: string; readonly at: Nanos }
  | { readonly kind: 'gap'; readonly id: string; readonly text: string }
  | { readonly kind: 'mark'; readonly id: string; readonly text: string }

/** Records, oldest first, of which some are here. */
export interface Rows {
  readonly total: number
  rowAt(index: number): LogRecord | undefined
  timeAt(index: number): Nanos
  indexOfTime(time: Nanos): number
  indexOfRow(row: Pick<LogRecord, 'key' | 'at'>): number | undefined
  /** What is here, in pieces: the index of the first, and the rows. */
  here(): readonly (readonly [start: number, rows: readonly LogRecord[]])[]
}

/** Something between the records: behind all of them up to this time, or behind the last one. */
export interface Between {
  readonly at: Nanos | undefined
  readonly kind: 'gap' | 'mark'
  readonly id: string
  readonly text: string
}

export interface Lines {
  readonly count: number
  lineAt(index: number): Line
  timeAt(index: number): Nanos
  indexOfTime(time: Nanos): number
  indexOfRow(row: Pick<LogRecord, 'key' | 'at'>): number | undefined
  /** The rows, oldest first, among the lines [first, last). */
  rowsIn(first: number, last: number): readonly [first: number, last: number]
  here(): readonly (readonly [index: number, record: LogRecord])[]
}

export function rowsOfTimeline(of: timeline.Timeline): Rows {
  return {
    total: timeline.total(of),
    rowAt: (index) => timeline.rowAt(of, index),
    timeAt: (index) => timeline.timeAt(of, index),
    indexOfTime: (time) => timeline.indexOfTime(of, time),
    indexOfRow: (row) => timeline.indexOfRow(of, row),
    here: () => of.stretches.flatMap(({ rows }, at) => (rows === undefined ? [] : [[of.starts[at] ?? 0, rows] as const])),
  }
}

/** Rows of which all are here. */
export function rowsOfList(list: readonly LogRecord[]): Rows {
  return {
    total: list.length,
    rowAt: (index) => list[index],
    timeAt: (index) => list[Math.min(index, list.length - 1)]?.at ?? (0n as Nanos),
    indexOfTime: (time) => {
      const later = list.findIndex(({ at }) => at >= time)
      return later < 0 ? list.length : later
    },
    indexOfRow: ({ key }) => {
      const at = list.findIndex((row) => row.key === key)
      return at < 0 ? undefined : at
    },
    here: () => [[0, list]],
  }
}

export function linesOfRows(rows: Rows, between: readonly Between[], order: 'oldest' | 'newest'): Lines {
  const oldest = oldestFirst(rows, between)
  return order === 'oldest' ? oldest : backwards(oldest)
}

function oldestFirst(rows: Rows, between: readonly Between[]): Lines {
  // The index, among the lines, of each thing between: it stands before the row of that index less those before it.
  const placed = between
    .map((one) => ({ one, row: one.at === undefined ? rows.total : rows.indexOfTime((one.at + 1n) as Nanos) }))
    .sort((a, b) => a.row - b.row)
    .map(({ one, row }, n) => ({ one, row, line: row + n }))
  /** How many of them stand before the line of that index. */
  const before = (line: number) => bisect(placed.length, (n) => (placed[n]?.line ?? 0) < line)
  const lineOfRow = (row: number) => row + bisect(placed.length, (n) => (placed[n]?.row ?? 0) <= row)
  return {
    count: rows.total + placed.length,
    lineAt(index) {
      const n = before(index)
      const here = placed[n]
      if (here !== undefined && here.line === index) return { kind: here.one.kind, id: here.one.id, text: here.one.text }
      const record = rows.rowAt(index - n)
      if (record !== undefined) return { kind: 'record', id: record.key, record }
      return { kind: 'waiting', id: `waiting ${index - n}`, at: rows.timeAt(index - n) }
    },
    timeAt: (index) => rows.timeAt(index - before(index)),
    indexOfTime: (time) => lineOfRow(rows.indexOfTime(time)),
    indexOfRow(row) {
      const index = rows.indexOfRow(row)
      return index === undefined ? undefined : lineOfRow(index)
    },
    rowsIn: (first, last) => [first - before(first), last - before(last)],
    here: () =>
      rows.here().flatMap(([start, list]) => list.map((record, offset) => [lineOfRow(start + offset), record] as const)),
  }
}

function backwards(lines: Lines): Lines {
  const turned = (index: number) => lines.count - 1 - index
  return {
    count: lines.count,
    lineAt: (index) => lines.lineAt(turned(index)),
    timeAt: (index) => lines.timeAt(turned(index)),
    indexOfTime: (time) => Math.max(0, turned(lines.indexOfTime(time))),
    indexOfRow(row) {
      const index = lines.indexOfRow(row)
      return index === undefined ? undefined : turned(index)
    },
    rowsIn: (first, last) => lines.rowsIn(lines.count - last, lines.count - first),
    here: () =>
      lines
        .here()
        .map(([index, record]) => [turned(index), record] as const)
        .reverse(),
  }
}
