// The lines of a table over time: when it has a bin of time and one number, split by what else it is grouped
// by. Pure.

import { SERIES_MAX } from '../../model/limits'
import type { Json } from '../../model/record'
import { millis, parseTime } from '../../model/time'
import type { Column } from './cells'

export interface Point {
  readonly at: number
  readonly value: number
}

export interface Line {
  readonly name: string
  readonly points: readonly Point[]
  readonly last: number
}

export interface Drawing {
  readonly lines: readonly Line[]
  /** How many there are; the largest are drawn. */
  readonly count: number
  readonly from: number
  readonly to: number
  readonly most: number
}

/** Nothing when the table is no course of one number over time. */
export function drawingOf(columns: readonly Column[], rows: readonly (readonly Json[])[]): Drawing | undefined {
  const time = columns.findIndex(({ name, type }) => type === 'time' && /^(bin\(|time$)/.test(name))
  const numbers = columns.flatMap(({ numeric }, at) => (numeric ? [at] : []))
  const [number] = numbers
  if (time < 0 || number === undefined || numbers.length !== 1) return undefined
  const groups = columns.flatMap((column, at) => (at === time || at === number ? [] : [{ column, at }]))
  const points = new Map<string, Point[]>()
  for (const row of rows) {
    const at = parseTime(String(row[time]))
    const value = row[number]
    if (at === undefined || typeof value !== 'number') continue
    const name = groups.map(({ column, at }) => column.read(row[at] ?? null)).join(', ')
    const line = points.get(name) ?? []
    line.push({ at: millis(at), value })
    points.set(name, line)
  }
  return drawn([...points].map(([name, points]) => lineOf(name, points)))
}

function lineOf(name: string, points: readonly Point[]): Line {
  const sorted = points.toSorted((a, b) => a.at - b.at)
  return { name, points: sorted, last: sorted.at(-1)?.value ?? 0 }
}

function drawn(all: readonly Line[]): Drawing | undefined {
  const times = new Set(all.flatMap(({ points }) => points.map(({ at }) => at)))
  if (times.size < 2) return undefined
  const lines = all.toSorted((a, b) => area(b) - area(a)).slice(0, SERIES_MAX)
  const most = lines.reduce((max, { points }) => points.reduce((top, { value }) => Math.max(top, value), max), 0)
  const sorted = [...times].toSorted((a, b) => a - b)
  return { lines, count: all.length, from: sorted[0] ?? 0, to: sorted.at(-1) ?? 0, most }
}

function area({ points }: Line): number {
  return points.reduce((sum, { value }) => sum + Math.abs(value), 0)
}

export interface Box {
  readonly width: number
  readonly height: number
}

/** A line as a path in a box, its zero at the bottom. */
export function linePath({ points }: Line, { from, to, most }: Drawing, { width, height }: Box): string {
  const x = (at: number) => Math.round(((at - from) / Math.max(to - from, 1)) * width * 10) / 10
  const y = (value: number) => Math.round((height - (Math.max(value, 0) / (most || 1)) * height) * 10) / 10
  return points.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('')
}

/** Where the names stand at the lines' ends: as near as they can be without touching. */
export function namePlaces({ lines, most }: Drawing, height: number, lineHeight: number): readonly number[] {
  const order = lines.map(({ last }, at) => ({ at, y: height - (Math.max(last, 0) / (most || 1)) * height }))
  order.sort((a, b) => a.y - b.y)
  // Down from the top, each below the one before; then up from the bottom, so that none is outside.
  let free = -Infinity
  for (const name of order) {
    name.y = Math.max(name.y, free)
    free = name.y + lineHeight
  }
  let end = height
  for (const name of order.toReversed()) {
    name.y = Math.min(name.y, end)
    end = name.y - lineHeight
  }
  return order.toSorted((a, b) => a.at - b.at).map(({ y }) => y)
}
