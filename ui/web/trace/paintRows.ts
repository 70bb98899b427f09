// The drawing of a waterfall: the rows in sight, and nothing else. Widths are the same for all rows:
//
//   │ names, indented by depth      │ time │ bars in the window of time                          │
//   0                             name  name+68                                          width − 24
//
// A bar is pale and 10 px high; its part of the critical path is ink and 4 px; what failed is red, and a
// diamond stands where the failure began. Lines of the log are ticks: errors and warnings.

import type { Shorten } from '../model/names'
import type { LogRecord } from '../model/record'
import { duration } from '../model/time'
import { fails, isOrigin, type TraceNode } from '../model/trace'
import type { TraceRow } from '../model/traceRows'
import { clipped } from '../parts/Canvas'
import type { Inks } from '../parts/inks'
import { rowName } from './rowNames'
import { ticksOf, type TimeWindow } from './timeAxis'

export const ROW_PX = 22
const TIME_PX = 68
const GAP_PX = 12
const EDGE_PX = 24
const INDENT_PX = 12
const DEPTH_MAX = 14

export interface Scene {
  readonly rows: readonly TraceRow[]
  /** How far the list is scrolled. */
  readonly top: number
  readonly window: TimeWindow
  readonly chosen: number | undefined
  readonly hovered: number | undefined
  readonly shorten: Shorten
  readonly inks: Inks
  /** Lines of a span, errors and warnings only, at their times. */
  readonly ticks: ReadonlyMap<string, readonly Tick[]>
}

export interface Tick {
  readonly atMs: number
  readonly severity: LogRecord['severity']
}

export interface Layout {
  readonly name: number
  readonly left: number
  readonly right: number
}

export function layoutOf(width: number): Layout {
  const name = width < 640 ? 168 : width < 760 ? 280 : 372
  const time = width < 640 ? 60 : TIME_PX
  return { name, left: name + time + GAP_PX, right: Math.max(name + time + GAP_PX + 1, width - (width < 640 ? 14 : EDGE_PX)) }
}

export function xOf({ left, right }: Layout, { fromMs, toMs }: TimeWindow, ms: number): number {
  return toMs > fromMs ? left + ((ms - fromMs) / (toMs - fromMs)) * (right - left) : left
}

export function indentOf(node: TraceNode): number {
  return EDGE_PX + Math.min(node.depth, DEPTH_MAX) * INDENT_PX
}

type Context = CanvasRenderingContext2D

export function paintRows(context: Context, width: number, height: number, scene: Scene): void {
  const { rows, top, inks } = scene
  const layout = layoutOf(width)
  const fonts = { plain: `400 12px ${inks.sans}`, strong: `600 12px ${inks.sans}` }
  const first = Math.max(0, Math.floor(top / ROW_PX))
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_PX))
  paintBack(context, width, scene, first, last)
  paintGrid(context, height, layout, scene)
  context.textBaseline = 'middle'
  for (let n = first; n < last; n += 1) {
    const row = rows[n] as TraceRow
    const y = n * ROW_PX - top
    paintName(context, row, y, layout, scene, fonts)
    paintBar(context, row, y, layout, scene)
  }
}

function paintBack(context: Context, width: number, { chosen, hovered, inks, top }: Scene, first: number, last: number): void {
  for (const [row, ink] of [[hovered, inks.hover], [chosen, inks.select]] as const) {
    if (row === undefined || row < first || row >= last) continue
    context.fillStyle = ink
    context.fillRect(0, row * ROW_PX - top, width, ROW_PX)
  }
}

function paintGrid(context: Context, height: number, layout: Layout, { window, inks }: Scene): void {
  context.fillStyle = inks.line
  for (const tick of ticksOf(window)) context.fillRect(Math.round(xOf(layout, window, tick)), 0, 1, height)
}

function paintName(context: Context, row: TraceRow, y: number, layout: Layout, scene: Scene, fonts: Readonly<Record<'plain' | 'strong', string>>): void {
  const { inks, shorten } = scene
  const { node } = row
  const middle = y + ROW_PX / 2
  const left = indentOf(node)
  context.fillStyle = inks.line
  for (let depth = 0; depth < Math.min(node.depth, DEPTH_MAX); depth += 1) context.fillRect(EDGE_PX + 3 + depth * INDENT_PX, y, 1, ROW_PX)
  if (node.children.length > 0) paintTriangle(context, left, middle, row.open, inks.ink3)
  const { service, text } = rowName(row, shorten)
  const failed = fails(node)
  let x = left + INDENT_PX
  context.textAlign = 'left'
  if (service !== '') {
    context.font = fonts.strong
    context.fillStyle = failed ? inks.bad : inks.ink
    const short = clipped(context, service, layout.name - x)
    context.fillText(short, x, middle + 0.5)
    x += context.measureText(short).width + 8
  }
  context.font = fonts.plain
  context.fillStyle = failed ? inks.bad : row.critical.length > 0 ? inks.ink : inks.ink2
  if (x < layout.name - 16) context.fillText(clipped(context, text, layout.name - x), x, middle + 0.5)
  context.textAlign = 'right'
  context.fillStyle = row.critical.length > 0 ? inks.ink : inks.ink3
  const time = node.span === undefined ? '' : `${node.corrected ? '≈ ' : ''}${duration(node.span.durationMs)}`
  context.fillText(time, layout.left - GAP_PX, middle + 0.5)
}

function paintTriangle(context: Context, x: number, y: number, open: boolean, ink: string): void {
  context.fillStyle = ink
  context.beginPath()
  if (open) {
    context.moveTo(x, y - 2)
    context.lineTo(x + 7, y - 2)
    context.lineTo(x + 3.5, y + 2.5)
  } else {
    context.moveTo(x + 1, y - 4)
    context.lineTo(x + 6, y)
    context.lineTo(x + 1, y + 4)
  }
  context.fill()
}

function paintBar(context: Context, row: TraceRow, y: number, layout: Layout, scene: Scene): void {
  const { inks, window, ticks } = scene
  const { node } = row
  const x = (ms: number) => xOf(layout, window, ms)
  const middle = y + ROW_PX / 2
  const from = x(node.startMs)
  const to = Math.max(from + 2, x(node.endMs))
  const failed = fails(node)
  context.save()
  context.beginPath()
  context.rect(layout.left - 1, y, layout.right - layout.left + EDGE_PX, ROW_PX)
  context.clip()
  if (node.span === undefined) paintHatching(context, from, to, middle, inks)
  else {
    context.fillStyle = failed ? inks['bad-mark'] : inks.bar
    context.globalAlpha = failed ? 0.38 : 1
    context.beginPath()
    context.roundRect(from, middle - 5, to - from, 10, 2)
    context.fill()
    context.globalAlpha = 1
  }
  context.fillStyle = failed ? inks['bad-mark'] : inks.ink
  for (const [begin, end] of row.critical) context.fillRect(x(begin), middle - 2, Math.max(1, x(end) - x(begin)), 4)
  for (const { atMs, severity } of ticks.get(node.id) ?? []) {
    context.fillStyle = severity === 'warn' ? inks['warn-mark'] : inks.bad
    context.fillRect(x(atMs) - 1, middle - 8, 2, 16)
  }
  if (isOrigin(node) || (!row.open && node.failsBelow)) paintDiamond(context, Math.min(to + 9, layout.right + 8), middle, inks['bad-mark'])
  context.restore()
}

function paintDiamond(context: Context, x: number, y: number, ink: string): void {
  context.fillStyle = ink
  context.beginPath()
  context.moveTo(x, y - 5)
  context.lineTo(x + 5, y)
  context.lineTo(x, y + 5)
  context.lineTo(x - 5, y)
  context.fill()
}

/** What we do not know. */
function paintHatching(context: Context, from: number, to: number, middle: number, inks: Inks): void {
  context.save()
  context.beginPath()
  context.rect(from, middle - 5, to - from, 10)
  context.clip()
  context.strokeStyle = inks.bar2
  context.lineWidth = 1
  context.beginPath()
  const begin = Math.max(from, -10)
  for (let x = begin - 10; x < Math.min(to, begin + 4_000); x += 5) {
    context.moveTo(x, middle + 5)
    context.lineTo(x + 10, middle - 5)
  }
  context.stroke()
  context.restore()
}
