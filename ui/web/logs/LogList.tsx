// The list of lines, however many: only what is in sight is in the document, in elements that are used
// again for other lines.

import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { WRAP_LINES_MAX } from '../model/limits'
import { linesOf } from '../model/message'
import type { LogRecord } from '../model/record'
import { heightsOf, type Heights } from './heights'
import type { Line, Lines } from './lines'
import { LogRow, type RowLook } from './LogRow'
import { RowActions } from './RowActions'
import { dayOf } from './rowText'
import { scaleOf } from './scale'
import { type ListHandle, useScroller } from './useScroller'
import type { View } from '../state/view'

export interface LogListProps {
  readonly lines: Lines
  readonly turn: number
  readonly order: View['order']
  readonly look: Omit<RowLook, 'chars'>
  readonly chosen: string | undefined
  readonly label: string
  readonly handle?: RefObject<ListHandle | null>
  readonly onOpen: (record: LogRecord) => void
  readonly onAround: ((record: LogRecord) => void) | undefined
  /** Somebody scrolled away from the newest end. */
  readonly onAway: () => void
  /** Which rows, oldest first, are in sight. */
  readonly onSight: (first: number, last: number) => void
}

const NARROW = '(max-width: 640px)'
const ROW_PX = 20
const TWO_LINE_ROW_PX = 44
/** Of the fixed font at its one size in rows. */
const CHAR_PX = 7.2
/** Lines drawn beyond either edge, so that a flick of the wheel shows no blank. */
const MARGIN_LINES = 10
/** Room below the last line. */
const END_PX = 8

export function LogList({ lines, turn, order, look, chosen, label, handle, ...on }: LogListProps) {
  const box = useRef<HTMLDivElement>(null)
  const size = useSize(box)
  const narrow = useNarrow()
  const usual = narrow ? TWO_LINE_ROW_PX : ROW_PX
  const chars = Math.max(20, Math.floor((size.width - besides(look, narrow)) / CHAR_PX))
  const heights = useHeights(lines, usual, look.wrap ? chars : undefined)
  const scale = useMemo(() => scaleOf(heights.whole + END_PX, size.height), [heights, size.height])
  const { drawn, onScroll } = useScroller(box, handle, { lines, heights, scale, order, chosen, turn }, on.onAway)
  const [hovered, setHovered] = useState<number>()

  const first = Math.max(0, heights.at(drawn.place) - MARGIN_LINES)
  const last = Math.min(lines.count, heights.at(drawn.place + size.height) + 1 + MARGIN_LINES)
  const [firstRow, lastRow] = lines.rowsIn(first, last)
  const { onSight } = on
  useEffect(() => {
    if (size.height > 0 && lastRow > firstRow) onSight(firstRow, lastRow)
  }, [onSight, firstRow, lastRow, size.height, turn])

  const rowLook = useMemo(() => ({ ...look, chars }), [look, chars])
  const topmost = heights.at(drawn.place + usual - 1)
  const slots = slotsFor(size.height, ROW_PX)
  const rows = []
  for (let index = first; index < last; index += 1) {
    const line = lines.lineAt(index)
    rows.push(
      <LogRow
        key={index % slots}
        line={line}
        index={index}
        top={heights.top(index) + drawn.shift}
        height={heights.height(index)}
        date={look.dated ? dateAt(lines, index, look.zone, topmost) : undefined}
        look={rowLook}
        on={line.id === chosen}
      />,
    )
  }
  const pointed = hovered === undefined || hovered < first || hovered >= last ? undefined : lines.lineAt(hovered)
  return (
    <div
      ref={box}
      className={`list scroll${look.wrap ? ' wrapped' : ''}`}
      role="region"
      tabIndex={0}
      aria-label={label}
      onScroll={() => {
        setHovered(undefined)
        onScroll()
      }}
      onPointerLeave={() => setHovered(undefined)}
    >
      <ol
        style={{ height: scale.drawn }}
        onPointerMove={(event) => setHovered(indexOf(event.target))}
        onClick={(event) => {
          const index = indexOf(event.target)
          const line = index === undefined ? undefined : lines.lineAt(index)
          if (line?.kind === 'record' && getSelection()?.isCollapsed !== false) on.onOpen(line.record)
        }}
      >
        {rows}
      </ol>
      {hovered !== undefined && pointed?.kind === 'record' && (
        <RowActions
          record={pointed.record}
          top={heights.top(hovered) + drawn.shift}
          on={pointed.id === chosen}
          onAround={on.onAround}
        />
      )}
    </div>
  )
}

/** More than can ever be drawn at once: two lines in sight never share an element. */
function slotsFor(height: number, rowPx: number): number {
  return Math.ceil(height / rowPx) + 2 * MARGIN_LINES + 4
}

function indexOf(target: EventTarget): number | undefined {
  const row = target instanceof Element ? target.closest('li') : null
  return row?.dataset.index === undefined ? undefined : Number(row.dataset.index)
}

/** Where it changes, and at the top of what is seen. */
function dateAt(lines: Lines, index: number, zone: View['zone'], topmost: number): string | undefined {
  const date = dayOf(lineTime(lines, index), zone)
  const same = index > 0 && dayOf(lineTime(lines, index - 1), zone) === date
  return same && index !== topmost ? undefined : date
}

function lineTime(lines: Lines, index: number) {
  const line: Line = lines.lineAt(index)
  return line.kind === 'record' ? line.record.at : lines.timeAt(index)
}

/** What a row shows besides its message, pixels; as logs.css lays it out. */
function besides(look: Omit<RowLook, 'chars'>, narrow: boolean): number {
  if (narrow) return 32
  return 16 + 100 + (look.dated ? 52 : 0) + 16 + look.columns.length * 128 + 16
}

function useHeights(lines: Lines, usual: number, chars: number | undefined): Heights {
  const known = useRef({ chars: 0, more: new WeakMap<LogRecord, number>() })
  return useMemo(() => {
    if (chars === undefined) return heightsOf(lines.count, usual, [])
    if (known.current.chars !== chars) known.current = { chars, more: new WeakMap() }
    const { more } = known.current
    const tall: (readonly [number, number])[] = []
    for (const [index, record] of lines.here()) {
      const extra = more.get(record) ?? (linesOf(record.message, chars, WRAP_LINES_MAX) - 1) * ROW_PX
      more.set(record, extra)
      if (extra > 0) tall.push([index, extra])
    }
    return heightsOf(lines.count, usual, tall)
  }, [lines, usual, chars])
}

/** Measured at once: a list of unknown size would lose its place to lines that come before it is known. */
function useSize(box: RefObject<HTMLDivElement | null>): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [box])
  return size
}

function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(NARROW)
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => matchMedia(NARROW).matches,
  )
}
