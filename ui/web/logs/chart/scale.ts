// Where things stand in the chart: bars as paths, times as places, ticks at round times of the zone.
//
//   0   the maximum is written here
//  12 ┌
//     │ ▂▆█▃   lines rise on their own scale
//  62 ┴────────
//  64 ┬ ▀ ▀▀   errors hang, on theirs
//  86 └ the errors' maximum is written here
// 108                13:20      14:06:12

import { MONTHS, type Nanos, millis } from '../../model/time'
import { momentAt, wallClock, wallText, type Zone } from '../../model/zone'
import type { Bucket } from './counts'

export const HEIGHT_PX = 108
export const BASE_PX = 62
export const LANE_PX = 22
const HEAD_PX = 12
const ERROR_PX_MIN = 2

export function most(buckets: readonly Bucket[], of: (bucket: Bucket) => number): number {
  return buckets.reduce((max, bucket) => Math.max(max, of(bucket)), 0)
}

/** What rises: everything that is no error. */
export function rising(bucket: Bucket): number {
  return bucket.lines - bucket.errors
}

/** What the full height means for the lines that match and for those behind them: the same, so that shares
 *  are seen, unless too few match for that. */
export function heights(matching: number, behind: number): { readonly matching: number; readonly behind: number } {
  if (matching * SHARE_SEEN < behind) return { matching, behind }
  const both = Math.max(matching, behind)
  return { matching: both, behind: both }
}

const SHARE_SEEN = 8

/** Bars that stand on the axis, as one path. */
export function risePath(buckets: readonly Bucket[], of: (bucket: Bucket) => number, max: number, widthPx: number): string {
  return bars(buckets, of, widthPx, (n) => {
    const height = Math.max(1, (n / max) * (BASE_PX - HEAD_PX))
    return [BASE_PX - height, height]
  })
}

/** Bars that hang below it; one error is seen, however many there are elsewhere. */
export function hangPath(buckets: readonly Bucket[], max: number, widthPx: number): string {
  return bars(buckets, (bucket) => bucket.errors, widthPx, (n) => {
    return [BASE_PX + 2, Math.max(ERROR_PX_MIN, (n / max) * LANE_PX)]
  })
}

type Stretch = readonly [top: number, height: number]

function bars(buckets: readonly Bucket[], of: (bucket: Bucket) => number, widthPx: number, place: (n: number) => Stretch): string {
  const step = widthPx / Math.max(buckets.length, 1)
  const one = (bucket: Bucket, i: number) => {
    const n = of(bucket)
    if (n <= 0) return ''
    const left = Math.round(i * step)
    const width = Math.max(1, Math.round((i + 1) * step) - left - 1)
    const [top, height] = place(n)
    return `M${left} ${round(top)}h${width}v${round(height)}h${-width}z`
  }
  return buckets.map(one).join('')
}

function round(px: number): number {
  return Math.round(px * 10) / 10
}

export interface Tick {
  readonly at: number
  readonly label: string
}

const TICK_PX_MIN = 100
const DAY = 86_400_000
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1000),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * 60_000),
  ...[1, 2, 3, 6, 12].map((h) => h * 3_600_000),
  ...[1, 2, 7, 14, 30, 90, 365, 1825, 3650].map((d) => d * DAY),
]

/** At round times of the zone's clock, at least a label's width apart. */
export function ticks(from: Nanos, to: Nanos, zone: Zone, widthPx: number): readonly Tick[] {
  const [start, end] = [millis(from), millis(to)]
  const room = Math.max(1, Math.floor(widthPx / TICK_PX_MIN))
  const step = STEPS_MS.find((length) => (end - start) / length <= room) ?? Infinity
  const found: Tick[] = []
  const first = Math.ceil(wallClock(start, zone).getTime() / step) * step
  for (let wall = first; Number.isFinite(wall) && found.length <= room; wall += step) {
    const at = momentAt(new Date(wall), zone)
    if (at >= end) break
    found.push({ at, label: tickLabel(wall, step) })
  }
  return found
}

/** A date where a day begins, else the clock as fine as the step. */
function tickLabel(wall: number, step: number): string {
  if (wall % DAY === 0) {
    const date = new Date(wall)
    const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
    return step >= 365 * DAY ? `${day} ${date.getUTCFullYear()}` : day
  }
  const clock = wallText(wall, 'utc').slice(11)
  return clock.slice(0, step >= 60_000 ? 5 : step >= 1000 ? 8 : 12)
}
