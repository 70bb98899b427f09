// Durations over time. A rectangle drawn in it chooses its traces: it stands in the address, the table shows
// them, Enter makes it the question. The same numbers are a sentence for those who do not see them.

import { useRef, useState } from 'react'
import type { TraceSeen } from '../api/traces'
import { nanos, parseTime } from '../model/time'
import { clockIn, type Zone } from '../model/zone'
import { Canvas } from '../parts/Canvas'
import { useInks } from '../parts/inks'
import { useSize } from '../parts/useSize'
import type { Question } from '../state/question'
import { paintScatter, placeOf } from './paintScatter'
import { type Chosen, chosenOf, durationsOf, type Part, partOf, timesOf } from './scatter'
import { scatterSentence } from './words'

export interface ScatterProps {
  readonly traces: readonly TraceSeen[]
  /** Whether older traces than these are not here. */
  readonly cut: boolean
  readonly question: Question
  readonly part: Part | undefined
  readonly zone: Zone
  readonly onChoose: (chosen: Chosen | undefined) => void
}

/** A pointer that moves less has clicked. */
const CLICK_PX = 4

type Point = readonly [x: number, y: number]

export function Scatter({ traces, cut, question, part, zone, onChoose }: ScatterProps) {
  const box = useRef<HTMLDivElement>(null)
  const { width, height } = useSize(box)
  const inks = useInks()
  const [drag, setDrag] = useState<{ readonly from: Point; readonly to: Point }>()
  const axis = durationsOf(traces)
  const times = timesOf(traces, [parseTime(question.from), parseTime(question.to)], cut)
  const drawn = drag && between(drag.from, drag.to)
  const shown = drawn === undefined ? part : partOf(drawn.brush, drawn.band)

  function between(a: Point, b: Point): Chosen | undefined {
    if (Math.abs(a[0] - b[0]) < CLICK_PX && Math.abs(a[1] - b[1]) < CLICK_PX) return undefined
    const { left, right, top, bottom } = placeOf(width, height)
    const time = (x: number) => times[0] + clamped((x - left) / (right - left)) * (times[1] - times[0])
    const up = (y: number) => clamped((bottom - y) / (bottom - top))
    return chosenOf([time(a[0]), time(b[0])], [up(a[1]), up(b[1])], axis)
  }
  const point = (event: React.PointerEvent): Point => {
    const { left, top } = event.currentTarget.getBoundingClientRect()
    return [event.clientX - left, event.clientY - top]
  }
  const [from, to] = times.map((ms) => clockIn(nanos(ms), zone).slice(0, 8))
  return (
    <div
      ref={box}
      className="scatter"
      onPointerDown={(event) => {
        if (event.button !== 0 || traces.length === 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag({ from: point(event), to: point(event) })
      }}
      onPointerMove={(event) => drag !== undefined && setDrag({ from: drag.from, to: point(event) })}
      onPointerUp={() => {
        if (drag === undefined) return
        setDrag(undefined)
        if (drawn !== undefined || part !== undefined) onChoose(drawn)
      }}
      onPointerCancel={() => setDrag(undefined)}
    >
      <Canvas
        width={width}
        height={height}
        label={scatterSentence(traces, from ?? '', to ?? '')}
        paint={(context, w, h) => paintScatter(context, w, h, { traces, times, axis, part: shown, zone, inks })}
      />
    </div>
  )
}

function clamped(part: number): number {
  return Math.min(1, Math.max(0, part))
}
