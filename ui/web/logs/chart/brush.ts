// The cursor and the brush of the chart, by pointer and by keyboard. Both count whole buckets, so that what
// a brush holds is known exactly. Pure.

import { type Nanos, parseTime, rfc3339Nanos } from '../../model/time'
import type { Bucket } from './counts'

/** `[first, last]`, both inside. */
export interface Brush {
  readonly first: number
  readonly last: number
}

export interface Cursor {
  readonly at: number
  /** Where Shift was first held; nothing without a brush. */
  readonly anchor: number | undefined
}

export type Span = readonly [from: string, to: string]

/** One bucket on, from the end of the chart when there is no cursor; with Shift the brush grows. */
export function moved(cursor: Cursor | undefined, key: string, shift: boolean, count: number): Cursor | undefined {
  if (count === 0) return undefined
  const now = cursor?.at ?? count
  const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: count - 1, PageUp: now - 10, PageDown: now + 10 }[key]
  if (to === undefined) return undefined
  const at = Math.min(Math.max(to, 0), count - 1)
  return { at, anchor: shift ? (cursor?.anchor ?? cursor?.at ?? at) : undefined }
}

export function brushOf({ at, anchor }: Cursor): Brush | undefined {
  return anchor === undefined ? undefined : { first: Math.min(at, anchor), last: Math.max(at, anchor) }
}

/** The bucket under a place of the chart. */
export function bucketAt(px: number, widthPx: number, count: number): number {
  const at = Math.floor((px / Math.max(widthPx, 1)) * count)
  return Math.min(Math.max(at, 0), Math.max(count - 1, 0))
}

/** What a brush means for the range of a search. */
export function spanOf(brush: Brush, buckets: readonly Bucket[]): Span | undefined {
  const [first, last] = [buckets[brush.first], buckets[brush.last]]
  return first === undefined || last === undefined ? undefined : [rfc3339Nanos(first.from), rfc3339Nanos(last.to)]
}

/** Where a brush of the address lies; nothing when it is outside or no time. */
export function brushAt(span: Span | undefined, buckets: readonly Bucket[]): Brush | undefined {
  const from = span && parseTime(span[0])
  const to = span && parseTime(span[1])
  if (from === undefined || to === undefined) return undefined
  const first = buckets.findIndex((bucket) => bucket.to > from)
  const last = buckets.findLastIndex((bucket) => bucket.from < to)
  return first < 0 || last < first ? undefined : { first, last }
}

export interface Part {
  readonly from: Nanos
  readonly to: Nanos
  readonly lines: number
  readonly errors: number
}

/** What a brush holds. */
export function inBrush({ first, last }: Brush, buckets: readonly Bucket[]): Part | undefined {
  const part = buckets.slice(first, last + 1)
  const [from, to] = [part[0]?.from, part.at(-1)?.to]
  if (from === undefined || to === undefined) return undefined
  const lines = part.reduce((sum, bucket) => sum + bucket.lines, 0)
  const errors = part.reduce((sum, bucket) => sum + bucket.errors, 0)
  return { lines, errors, from, to }
}
