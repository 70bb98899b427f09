// The whole trace in 44 pixels: where its rows lie in time, what failed, the critical path. A stretch that
// is drawn here is what the waterfall shows; a click shows all of it again.

import { useRef, useState } from 'react'
import { fails } from '../model/trace'
import type { TraceRow } from '../model/traceRows'
import { Canvas } from '../parts/Canvas'
import type { Inks } from '../parts/inks'
import { useSize } from '../parts/useSize'
import { type TimeWindow, windowBetween } from './timeAxis'

export interface MinimapProps {
  readonly rows: readonly TraceRow[]
  readonly totalMs: number
  readonly window: TimeWindow
  readonly inks: Inks
  readonly onWindow: (window: TimeWindow | undefined) => void
}

const HEIGHT_PX = 44
/** A pointer that moves less has clicked. */
const CLICK_PX = 4

export function Minimap({ rows, totalMs, window, inks, onWindow }: MinimapProps) {
  const box = useRef<HTMLDivElement>(null)
  const { width } = useSize(box)
  const [from, setFrom] = useState<number>()
  const place = (event: React.PointerEvent) => event.clientX - event.currentTarget.getBoundingClientRect().left
  return (
    <div
      ref={box}
      className="minimap"
      title="Drag to look at a part, click for all of it"
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setFrom(place(event))
      }}
      onPointerMove={(event) => {
        if (from === undefined || Math.abs(place(event) - from) < CLICK_PX) return
        onWindow(windowBetween(from / width, place(event) / width, totalMs))
      }}
      onPointerUp={(event) => {
        if (from !== undefined && Math.abs(place(event) - from) < CLICK_PX) onWindow(undefined)
        setFrom(undefined)
      }}
      onPointerCancel={() => setFrom(undefined)}
    >
      <Canvas width={width} height={HEIGHT_PX} paint={(context, w) => paint(context, w, rows, totalMs, window, inks)} />
    </div>
  )
}

function paint(context: CanvasRenderingContext2D, width: number, rows: readonly TraceRow[], totalMs: number, window: TimeWindow, inks: Inks): void {
  const x = (ms: number) => (totalMs > 0 ? (ms / totalMs) * width : 0)
  const step = (HEIGHT_PX - 8) / Math.max(rows.length, 1)
  const height = Math.max(0.6, Math.min(3, step * 0.7))
  context.fillStyle = inks.sink
  context.fillRect(0, 0, width, HEIGHT_PX)
  for (const [n, { node }] of rows.entries()) {
    if (node.span === undefined) continue
    context.fillStyle = fails(node) ? inks['bad-mark'] : inks.bar
    context.fillRect(x(node.startMs), 4 + n * step, Math.max(1, x(node.endMs - node.startMs)), height)
  }
  context.fillStyle = inks.ink
  for (const [n, { critical }] of rows.entries()) {
    for (const [from, to] of critical) context.fillRect(x(from), 4 + n * step, Math.max(1, x(to - from)), Math.max(1, height))
  }
  if (window.fromMs <= 0 && window.toMs >= totalMs) return
  context.fillStyle = inks.bg
  context.globalAlpha = 0.66
  context.fillRect(0, 0, x(window.fromMs), HEIGHT_PX)
  context.fillRect(x(window.toMs), 0, width, HEIGHT_PX)
  context.globalAlpha = 1
  context.strokeStyle = inks.accent
  context.strokeRect(x(window.fromMs) + 0.5, 0.5, Math.max(1, x(window.toMs) - x(window.fromMs) - 1), HEIGHT_PX - 1)
}
