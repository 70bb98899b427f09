// How many lines, warnings and errors there are in each stretch of time, and how many stretches are asked
// for. Pure; the hook beside it asks.

import type { Nanos } from '../../model/time'

export interface Bucket {
  readonly from: Nanos
  readonly to: Nanos
  /** All of them, warnings and errors included. */
  readonly lines: number
  readonly warnings: number
  /** Fatal ones included. */
  readonly errors: number
}

export interface CountedBucket {
  readonly from: Nanos
  readonly to: Nanos
  /** By severity; records without one are under the empty name. */
  readonly counts: Readonly<Record<string, number>>
}

export function toBucket({ from, to, counts }: CountedBucket): Bucket {
  const lines = Object.values(counts).reduce((sum, n) => sum + n, 0)
  return { from, to, lines, warnings: counts.warn ?? 0, errors: (counts.error ?? 0) + (counts.fatal ?? 0) }
}

/** Lines of each severity over the whole range. */
export function severityTotals(buckets: readonly CountedBucket[]): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {}
  for (const { counts } of buckets) {
    for (const [severity, n] of Object.entries(counts)) totals[severity] = (totals[severity] ?? 0) + n
  }
  return totals
}

const BUCKETS_MIN = 40
const BUCKETS_MAX = 300
const BUCKET_PX = 6
const LENGTHS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1000),
  ...[1, 2, 3, 5, 10, 15, 30].map((m) => m * 60_000),
  ...[1, 2, 3, 6, 12, 24].map((h) => h * 3_600_000),
]

/** As many as the width has room for, so that each is a length that people count in, where one divides the range. */
export function bucketCount(lengthMs: number, widthPx: number): number {
  const most = Math.min(Math.max(Math.round(widthPx / BUCKET_PX), BUCKETS_MIN), BUCKETS_MAX)
  const counts = LENGTHS_MS.map((length) => lengthMs / length)
  return counts.find((n) => Number.isInteger(n) && n <= most * 1.1 && n >= most / 2) ?? most
}

/** The stretch that holds all lines, when it is a small part of what was asked; else nothing. */
export function occupied(buckets: readonly Bucket[]): readonly [Nanos, Nanos] | undefined {
  const first = buckets.findIndex((bucket) => bucket.lines > 0)
  const last = buckets.findLastIndex((bucket) => bucket.lines > 0)
  const [from, to] = [buckets[first]?.from, buckets[last]?.to]
  if (from === undefined || to === undefined || (last - first + 1) * 4 > buckets.length) return undefined
  return [from, to]
}
