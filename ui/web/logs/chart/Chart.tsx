// Lines over time: what matches rises, errors hang below on their own scale, hatching is what is not
// complete. A stretch is chosen by pointer, or by arrows with Shift; Enter zooms into it.
//
// The numbers under the drawing are exact: cursor and brush always cover whole buckets.

import { useRef, useState } from 'react'
import { type Nanos, millis } from '../../model/time'
import type { Zone } from '../../model/zone'
import { useWidth } from '../../parts/useWidth'
import { Bars, Maxima } from './Bars'
import { type Brush, brushAt, brushOf, bucketAt, type Cursor, moved, type Span, spanOf } from './brush'
import './chart.css'
import type { Bucket } from './counts'
import { Numbers } from './Numbers'
import type { Counts } from './useCounts'
import { brushLabel, stretch, tally } from './words'

export interface ChartProps {
  readonly counts: Counts
  /** Every line of the range, to stand behind those that match. */
  readonly all?: Counts | undefined
  /** Where the answer stops being complete. */
  readonly completeTo: Nanos | undefined
  readonly brush: Span | undefined
  readonly zone: Zone
  readonly onBrush: (range: Span | undefined) => void
  readonly onZoom: (range: Span) => void
}

export function Chart({ counts, all, completeTo, brush, zone, onBrush, onZoom }: ChartProps) {
  const plot = useRef<HTMLDivElement>(null)
  const width = useWidth(plot)
  const behind = all?.buckets ?? NONE
  const buckets = counts.buckets.length > 0 ? counts.buckets : behind
  const chosen = useChoice({ buckets, brush, width, onBrush, onZoom })
  return (
    <div className={counts.phase === 'ready' ? 'chart' : 'chart former'}>
      <div className="plot" ref={plot}>
        <Bars q={counts.question.q} buckets={counts.buckets} all={behind} zone={zone} width={width} />
        <Maxima buckets={counts.buckets} all={behind} />
        <Hatching buckets={buckets} completeTo={completeTo} />
        {chosen.brush !== undefined && <Chosen brush={chosen.brush} buckets={buckets} />}
        <div
          className="pointer"
          role="slider"
          tabIndex={0}
          aria-label="Time: arrows move, Shift and arrows choose, Enter zooms"
          aria-valuemin={0}
          aria-valuemax={Math.max(buckets.length - 1, 0)}
          aria-valuenow={chosen.cursor?.at ?? 0}
          aria-valuetext={valueText(chosen.brush, chosen.cursor?.at, buckets, zone)}
          {...chosen.handlers}
        />
        <Tip at={chosen.brush === undefined ? chosen.tip : undefined} buckets={buckets} zone={zone} />
        {chosen.brush !== undefined && (
          <Label brush={chosen.brush} buckets={buckets} zone={zone} dragging={chosen.dragging} onZoom={chosen.zoom} />
        )}
      </div>
      <Numbers buckets={buckets} zone={zone} />
    </div>
  )
}

const NONE: readonly Bucket[] = []
/** A pointer that moves less has clicked. */
const CLICK_PX = 4

interface Choice {
  readonly buckets: readonly Bucket[]
  readonly brush: Span | undefined
  readonly width: number
  readonly onBrush: (range: Span | undefined) => void
  readonly onZoom: (range: Span) => void
}

/** What pointer and keys choose. The address holds the brush; while it is drawn or moved it is held here. */
function useChoice({ buckets, brush: said, width, onBrush, onZoom }: Choice) {
  const [hover, setHover] = useState<number>()
  const [cursor, setCursor] = useState<Cursor>()
  const [drag, setDrag] = useState<Cursor & { readonly px: number }>()
  const brush = drag !== undefined ? brushOf(drag) : brushAt(said, buckets)
  const zoom = (part: Brush | undefined) => {
    const range = part && spanOf(part, buckets)
    if (range === undefined) return
    setCursor(undefined)
    onZoom(range)
  }
  const place = (event: React.PointerEvent) => {
    const px = event.clientX - event.currentTarget.getBoundingClientRect().left
    return { px, at: bucketAt(px, width, buckets.length) }
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const to = moved(cursor, event.key, event.shiftKey, buckets.length)
    const here = brush ?? (cursor && { first: cursor.at, last: cursor.at })
    if (to !== undefined) {
      setCursor(to)
      const grown = brushOf(to)
      if (grown !== undefined || brush !== undefined) onBrush(grown && spanOf(grown, buckets))
    } else if (event.key === 'Enter' && here !== undefined) zoom(here)
    else if (event.key === 'Escape' && here !== undefined) {
      setCursor(undefined)
      if (brush !== undefined) onBrush(undefined)
    } else return
    event.preventDefault()
  }
  const handlers = {
    onKeyDown,
    onBlur: () => setCursor(undefined),
    onPointerDown: (event: React.PointerEvent) => {
      if (event.button !== 0 || buckets.length === 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      const { at, px } = place(event)
      setDrag({ at, px, anchor: undefined })
    },
    onPointerMove: (event: React.PointerEvent) => {
      const { at, px } = place(event)
      setHover(at)
      if (drag === undefined) return
      const anchor = drag.anchor ?? (Math.abs(px - drag.px) < CLICK_PX ? undefined : drag.at)
      setDrag({ ...drag, at, anchor })
    },
    onPointerUp: () => {
      const grown = drag && brushOf(drag)
      setDrag(undefined)
      setCursor(drag && { at: drag.at, anchor: drag.anchor })
      if (grown !== undefined || brush !== undefined || said !== undefined) onBrush(grown && spanOf(grown, buckets))
    },
    onPointerCancel: () => setDrag(undefined),
    onPointerLeave: () => setHover(undefined),
  }
  return { brush, cursor, dragging: drag !== undefined, tip: hover ?? cursor?.at, handlers, zoom: () => zoom(brush) }
}

function valueText(brush: Brush | undefined, at: number | undefined, buckets: readonly Bucket[], zone: Zone): string {
  if (brush !== undefined) return brushLabel(brush, buckets, zone)
  const bucket = at === undefined ? undefined : buckets[at]
  if (bucket === undefined) return 'nothing chosen'
  return `${stretch(bucket, zone)}: ${tally(bucket.lines, bucket.warnings, bucket.errors)}`
}

function percent(n: number, of: number): string {
  return `${(n / of) * 100}%`
}

function Chosen({ brush, buckets }: { brush: Brush; buckets: readonly Bucket[] }) {
  const left = percent(brush.first, buckets.length)
  const width = percent(brush.last + 1 - brush.first, buckets.length)
  return <div className="chosen" style={{ left, width }} />
}

/** At the side of the brush that has room. */
function Label(props: { brush: Brush; buckets: readonly Bucket[]; zone: Zone; dragging: boolean; onZoom: () => void }) {
  const { brush, buckets, zone, dragging, onZoom } = props
  const count = buckets.length
  const right = brush.first > count - 1 - brush.last
  const style = right ? { right: percent(count - brush.first, count) } : { left: percent(brush.last + 1, count) }
  return (
    <div className={dragging ? 'label-of-brush passive' : 'label-of-brush'} style={style}>
      <span>{brushLabel(brush, buckets, zone)}</span>
      <button type="button" onClick={onZoom}>
        Zoom <kbd>Enter</kbd>
      </button>
    </div>
  )
}

function Tip({ at, buckets, zone }: { at: number | undefined; buckets: readonly Bucket[]; zone: Zone }) {
  const bucket = at === undefined ? undefined : buckets[at]
  if (at === undefined || bucket === undefined) return null
  const count = buckets.length
  const style = at > count / 2 ? { right: percent(count - at, count) } : { left: percent(at + 1, count) }
  return (
    <>
      <div className="cursor" style={{ left: percent(at, count), width: percent(1, count) }} />
      <div className="tip" style={style}>
        <span className="ink3">{stretch(bucket, zone)}</span>
        <br />
        {tally(bucket.lines, bucket.warnings, bucket.errors)}
      </div>
    </>
  )
}

/** From where it stops being complete to the end. */
function Hatching({ buckets, completeTo }: { buckets: readonly Bucket[]; completeTo: Nanos | undefined }) {
  const [from, to] = [buckets[0]?.from, buckets.at(-1)?.to]
  if (from === undefined || to === undefined || completeTo === undefined || completeTo >= to) return null
  const share = (millis(completeTo) - millis(from)) / Math.max(millis(to) - millis(from), 1)
  return <div className="hatching" style={{ left: `${Math.max(share, 0) * 100}%` }} title="Not complete" />
}
