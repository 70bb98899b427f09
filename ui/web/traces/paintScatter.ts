// The drawing of the scatter: grid, points, spread, quantiles. Shape first: a point is well, a diamond has
// errors.

import type { TraceSeen } from '../api/traces'
import { ticks } from '../logs/chart/scale'
import { duration, millis, nanos } from '../model/time'
import type { Zone } from '../model/zone'
import type { Inks } from '../parts/inks'
import { type Durations, gridOf, heightOf, type Part, quantile, spreadOf } from './scatter'

export interface Drawing {
  readonly traces: readonly TraceSeen[]
  readonly times: readonly [fromMs: number, toMs: number]
  readonly axis: Durations
  readonly part: Part | undefined
  readonly zone: Zone
  readonly inks: Inks
}

const TOP_PX = 8
const FOOT_PX = 18
const SPREAD_PX = 76
const PARTS = 38

export interface Place {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** The page's own. */
function marginOf(width: number): number {
  return width < 640 ? 16 : 24
}

export function placeOf(width: number, height: number): Place {
  return { left: width < 640 ? 52 : 76, right: Math.max(77, width - SPREAD_PX - marginOf(width)), top: TOP_PX, bottom: height - FOOT_PX }
}

export function paintScatter(context: CanvasRenderingContext2D, width: number, height: number, drawing: Drawing): void {
  const place = placeOf(width, height)
  const x = (ms: number) => place.left + ((ms - drawing.times[0]) / (drawing.times[1] - drawing.times[0])) * (place.right - place.left)
  const y = (ms: number) => place.bottom - heightOf(ms, drawing.axis) * (place.bottom - place.top)
  context.font = `400 11px ${drawing.inks.sans}`
  context.textBaseline = 'middle'
  paintGrid(context, place, y, drawing)
  paintTimes(context, place, height, x, drawing)
  paintPart(context, x, y, drawing)
  paintPoints(context, x, y, drawing)
  paintSpread(context, place, width, y, drawing)
}

type Scale = (ms: number) => number

function paintGrid(context: CanvasRenderingContext2D, { left, right, bottom }: Place, y: Scale, { axis, inks }: Drawing): void {
  context.textAlign = 'right'
  for (const ms of gridOf(axis)) {
    const at = Math.round(y(ms))
    context.fillStyle = inks.line
    context.fillRect(left, at, right - left, 1)
    context.fillStyle = inks.ink3
    context.fillText(duration(ms).replace(/\.0+ /, ' '), left - 8, at)
  }
  context.fillStyle = inks['line-strong']
  context.fillRect(left, bottom, right - left, 1)
}

function paintTimes(context: CanvasRenderingContext2D, { left, right }: Place, height: number, x: Scale, { times, zone, inks }: Drawing): void {
  context.fillStyle = inks.ink3
  context.textAlign = 'center'
  for (const { at, label } of ticks(nanos(times[0]), nanos(times[1]), zone, right - left)) {
    const px = x(at)
    if (px > left + 16 && px < right - 16) context.fillText(label, px, height - 6)
  }
}

function paintPart(context: CanvasRenderingContext2D, x: Scale, y: Scale, { part, inks }: Drawing): void {
  if (part === undefined) return
  const [left, right, top, bottom] = [x(part.fromMs), x(part.toMs), y(part.mostMs), y(part.leastMs)]
  context.fillStyle = inks.select
  context.fillRect(left, top, right - left, bottom - top)
  context.strokeStyle = inks.accent
  context.lineWidth = 1
  context.strokeRect(left + 0.5, top + 0.5, right - left, bottom - top)
}

function paintPoints(context: CanvasRenderingContext2D, x: Scale, y: Scale, { traces, inks }: Drawing): void {
  context.fillStyle = inks.bar2
  context.globalAlpha = 0.5
  for (const { at, durationMs, errors } of traces) {
    if (errors > 0) continue
    context.beginPath()
    context.arc(x(millis(at)), y(durationMs), 1.8, 0, 7)
    context.fill()
  }
  context.fillStyle = inks['bad-mark']
  context.globalAlpha = 0.9
  for (const { at, durationMs, errors } of traces) {
    if (errors > 0) paintDiamond(context, x(millis(at)), y(durationMs))
  }
  context.globalAlpha = 1
}

function paintDiamond(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath()
  context.moveTo(x, y - 3.2)
  context.lineTo(x + 3.2, y)
  context.lineTo(x, y + 3.2)
  context.lineTo(x - 3.2, y)
  context.fill()
}

function paintSpread(context: CanvasRenderingContext2D, { right, top, bottom }: Place, width: number, y: Scale, { traces, axis, inks }: Drawing): void {
  const spread = spreadOf(traces, axis, PARTS)
  const most = Math.max(1, ...spread.map((part) => part.traces))
  const [left, room, high] = [right + 12, width - right - 12 - marginOf(width), (bottom - top) / PARTS]
  for (const [n, part] of spread.entries()) {
    const at = bottom - (n + 1) * high
    context.fillStyle = inks.bar
    context.fillRect(left, at + 1, (part.traces / most) * room, high - 1)
    context.fillStyle = inks['bad-mark']
    context.fillRect(left, at + 1, (part.failed / most) * room, high - 1)
  }
  const sorted = traces.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
  context.textAlign = 'right'
  const marks = [['p50', 0.5], ['p95', 0.95], ['p99', 0.99]] as const
  const [p50, p95, p99] = marks.map(([, q]) => Math.round(y(quantile(sorted, q) ?? 0)))
  if (sorted.length === 0 || p50 === undefined || p95 === undefined || p99 === undefined) return
  // A name stands above its line; that of p95 below, where p50 leaves it room.
  const under = p50 - p95 > 28
  const names = [['p50', p50, p50 - p95 > 16 || under ? p50 - 7 : p50 + 8], ['p95', p95, under ? p95 + 8 : undefined], ['p99', p99, Math.max(6, p99 - 7)]] as const
  for (const [name, at, text] of names) {
    context.fillStyle = inks.ink
    context.fillRect(right + 6, at, room + 6, 1)
    if (text === undefined) continue
    context.fillStyle = inks.bg
    context.fillRect(width - marginOf(width) - 26, text - 6, 26, 11)
    context.fillStyle = inks.ink2
    context.fillText(name, width - marginOf(width), text)
  }
}
