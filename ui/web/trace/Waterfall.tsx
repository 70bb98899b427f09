// The rows of a trace. What is seen is painted on a canvas that stays in sight; over it lie, for the rows in
// sight, elements without a look of their own: they are what is pressed, pointed at and read aloud.
//
//   ┌ scroll ───────────────┐
//   │ canvas (sticky)       │   as high as what is in sight
//   │ ol, rows of it        │   as high as all rows; transparent
//   └───────────────────────┘

import { type RefObject, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'
import type { Shorten } from '../model/names'
import { duration } from '../model/time'
import type { TraceRow } from '../model/traceRows'
import { Canvas } from '../parts/Canvas'
import type { Inks } from '../parts/inks'
import { useSize } from '../parts/useSize'
import { rowsInSight } from '../parts/window'
import { indentOf, layoutOf, paintRows, ROW_PX, type Tick, xOf } from './paintRows'
import { rowSentence } from './rowNames'
import { ticksOf, type TimeWindow, zoomed } from './timeAxis'

export interface WaterfallProps {
  readonly rows: readonly TraceRow[]
  readonly totalMs: number
  readonly window: TimeWindow
  readonly chosen: number | undefined
  readonly shorten: Shorten
  readonly ticks: ReadonlyMap<string, readonly Tick[]>
  readonly inks: Inks
  readonly handle: RefObject<WaterfallHandle | null>
  readonly onChoose: (row: TraceRow) => void
  readonly onTurn: (row: TraceRow) => void
  readonly onWindow: (window: TimeWindow) => void
}

export interface WaterfallHandle {
  /** Brings a row into sight. */
  show(row: number, where: 'near' | 'middle'): void
  focus(): void
}

export function Waterfall(props: WaterfallProps) {
  const { rows, window, chosen, shorten, ticks, inks, onChoose, onTurn } = props
  const box = useRef<HTMLDivElement>(null)
  const size = useSize(box)
  const [top, setTop] = useState(0)
  const [hovered, setHovered] = useState<number>()
  const look = useCallback(() => setTop(box.current?.scrollTop ?? 0), [])
  useHandle(props.handle, box, look)
  useWheel(box, props)
  useLayoutEffect(look, [look, rows.length])
  const [first, last] = rowsInSight({ top, height: size.height }, ROW_PX, rows.length)
  return (
    <div
      ref={box}
      className="waterfall scroll"
      role="tree"
      aria-label="Spans"
      tabIndex={0}
      aria-activedescendant={chosen !== undefined && chosen >= first && chosen < last ? rowId(chosen) : undefined}
      onScroll={look}
      onPointerLeave={() => setHovered(undefined)}
    >
      <div className="painted">
        <Canvas
          width={size.width}
          height={size.height}
          paint={(context, w, h) => paintRows(context, w, h, { rows, top, window, chosen, hovered, shorten, inks, ticks })}
        />
      </div>
      <ol role="presentation" style={{ height: rows.length * ROW_PX }} onPointerMove={(event) => setHovered(indexOf(event.target))}>
        {rows.slice(first, last).map((row, offset) => (
          <Row key={first + offset} row={row} index={first + offset} on={first + offset === chosen} shorten={shorten} onChoose={onChoose} onTurn={onTurn} />
        ))}
      </ol>
    </div>
  )
}

interface RowProps extends Pick<WaterfallProps, 'shorten' | 'onChoose' | 'onTurn'> {
  readonly row: TraceRow
  readonly index: number
  readonly on: boolean
}

function Row({ row, index, on, shorten, onChoose, onTurn }: RowProps) {
  const { node } = row
  const folds = node.children.length > 0
  const said = rowSentence(row, shorten, node.span === undefined ? '' : duration(node.span.durationMs))
  const onClick = (event: React.MouseEvent) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left
    const atTriangle = folds && left >= indentOf(node) - TRIANGLE_ROOM_PX && left < indentOf(node) + 2 * TRIANGLE_ROOM_PX
    if (atTriangle) onTurn(row)
    else onChoose(row)
  }
  return (
    <li
      id={rowId(index)}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-selected={on}
      aria-expanded={folds ? row.open : undefined}
      data-index={index}
      title={said}
      style={{ top: index * ROW_PX }}
      onClick={onClick}
      onDoubleClick={() => folds && onTurn(row)}
    >
      {said}
    </li>
  )
}

/** Around the triangle, so that it can be hit. */
const TRIANGLE_ROOM_PX = 7

const rowId = (index: number) => `span-row-${index}`

function indexOf(target: EventTarget): number | undefined {
  const row = target instanceof Element ? target.closest('li') : null
  return row?.dataset.index === undefined ? undefined : Number(row.dataset.index)
}

function useHandle(handle: WaterfallProps['handle'], box: RefObject<HTMLDivElement | null>, look: () => void): void {
  useImperativeHandle(handle, () => ({
    focus: () => box.current?.focus(),
    show: (row, where) => {
      const { current } = box
      if (current === null) return
      const at = row * ROW_PX
      const { scrollTop, clientHeight } = current
      if (where === 'middle') current.scrollTop = at - Math.floor(clientHeight / 2 / ROW_PX) * ROW_PX
      else if (at < scrollTop) current.scrollTop = at
      else if (at + ROW_PX > scrollTop + clientHeight) current.scrollTop = at + ROW_PX - clientHeight
      look()
    },
  }))
}

/** Ctrl and the wheel look closer at the time under the pointer, as does a pinch. */
function useWheel(box: RefObject<HTMLDivElement | null>, { window, totalMs, onWindow }: WaterfallProps): void {
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey) return
      event.preventDefault()
      const { left, right } = layoutOf(element.clientWidth)
      const at = (event.clientX - element.getBoundingClientRect().left - left) / (right - left)
      onWindow(zoomed(window, Math.min(1, Math.max(0, at)), event.deltaY > 0 ? 1.2 : 0.83, totalMs))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [box, window, totalMs, onWindow])
}

/** The ticks above the bars. */
export function Axis({ window, inks }: Pick<WaterfallProps, 'window' | 'inks'>) {
  const box = useRef<HTMLDivElement>(null)
  const { width } = useSize(box)
  return (
    <div ref={box} className="axis">
      <Canvas
        width={width}
        height={28}
        paint={(context) => {
          const layout = layoutOf(width)
          if (width < 640) return
          context.font = `400 11px ${inks.sans}`
          context.fillStyle = inks.ink3
          context.textBaseline = 'middle'
          context.textAlign = 'right'
          context.fillText('Time', layout.left - 12, 15)
          for (const tick of ticksOf(window)) {
            const x = xOf(layout, window, tick)
            context.textAlign = x > layout.right - 30 ? 'right' : x < layout.left + 12 ? 'left' : 'center'
            context.fillText(duration(tick), x, 15)
          }
        }}
      />
    </div>
  )
}
