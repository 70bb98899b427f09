// The traces that were found, a row each: a link, so that the browser opens it wherever one wants it. Only
// the rows in sight are in the document.

import { type RefObject, useImperativeHandle, useRef, useState } from 'react'
import type { TraceSeen } from '../api/traces'
import { count } from '../logs/words'
import { seen } from '../model/message'
import type { Shorten } from '../model/names'
import { duration } from '../model/time'
import { clockIn } from '../model/zone'
import { dayOf } from '../logs/rowText'
import { Link } from '../parts/Link'
import { Mark } from '../parts/Mark'
import { useSize } from '../parts/useSize'
import { rowsInSight } from '../parts/window'
import type { View } from '../state/view'
import { traceHref } from './address'
import { type Durations, heightOf } from './scatter'

export interface TraceTableProps {
  readonly traces: readonly TraceSeen[]
  readonly axis: Durations
  readonly chosen: number | undefined
  readonly shorten: Shorten
  readonly view: View
  /** Whether the times need their days. */
  readonly dated: boolean
  readonly handle: RefObject<TableHandle | null>
}

export interface TableHandle {
  show(row: number): void
}

const ROW_PX = 28
const TOUCH_ROW_PX = 44
/** As traces.css has it: below it a row shows its start, entry, duration and errors. */
const NARROW_PX = 640

export function TraceTable({ traces, axis, chosen, shorten, view, dated, handle }: TraceTableProps) {
  const box = useRef<HTMLDivElement>(null)
  const { width, height } = useSize(box)
  const [top, setTop] = useState(0)
  const narrow = width < NARROW_PX
  const rowPx = narrow ? TOUCH_ROW_PX : ROW_PX
  useImperativeHandle(handle, () => ({
    show: (row) => {
      const { current } = box
      if (current === null) return
      const at = row * rowPx
      if (at < current.scrollTop) current.scrollTop = at
      else if (at + rowPx > current.scrollTop + current.clientHeight) current.scrollTop = at + rowPx - current.clientHeight
    },
  }))
  const [first, last] = rowsInSight({ top, height }, rowPx, traces.length)
  return (
    <div className="found-traces" role="table" aria-label="Traces" aria-rowcount={traces.length + 1}>
      <div className="trace-row head" role="row" aria-rowindex={1}>
        {['Start', 'Entry', 'Duration', '', 'Spans', 'Errors'].map((name, n) => (
          <span key={n} role="columnheader" className={n > 1 ? 'number' : ''} aria-label={name === '' ? 'Duration, drawn' : undefined}>
            {name}
          </span>
        ))}
      </div>
      <div ref={box} className="scroll" tabIndex={0} role="rowgroup" aria-label="Traces" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div className="rows" role="presentation" style={{ height: traces.length * rowPx }}>
          {traces.slice(first, last).map((trace, offset) => (
            <Row key={trace.id} trace={trace} index={first + offset} top={(first + offset) * rowPx} {...{ axis, shorten, view, narrow }} dated={dated && !narrow} on={first + offset === chosen} />
          ))}
        </div>
      </div>
    </div>
  )
}

interface RowProps extends Pick<TraceTableProps, 'axis' | 'shorten' | 'view' | 'dated'> {
  readonly narrow: boolean
  readonly trace: TraceSeen
  readonly index: number
  readonly top: number
  readonly on: boolean
}

function Row({ trace, index, top, axis, shorten, view, dated, narrow, on }: RowProps) {
  const { id, at, service, operation, durationMs, spans, errors } = trace
  return (
    <Link className={on ? 'trace-row on' : 'trace-row'} role="row" aria-rowindex={index + 2} aria-current={on || undefined} href={traceHref(view, id)} style={{ top }}>
      <span role="cell" className="mono ink2">
        {dated && <span className="ink3">{dayOf(at, view.zone)} </span>}
        {clockIn(at, view.zone).slice(0, dated || narrow ? 8 : 12)}
      </span>
      <span role="cell" className="root-name">
        <span className="place">{errors > 0 && <Mark of="failing" />}</span>
        <span className="strong">{seen(shorten(service || 'unknown'))}</span>
        <span className="ink2 cut" title={seen(operation)}>
          {seen(operation)}
        </span>
      </span>
      <span role="cell" className="number">
        {duration(durationMs)}
      </span>
      <span role="cell" className="meter" aria-hidden="true">
        <i style={{ width: `${Math.max(1, heightOf(durationMs, axis) * 100)}%` }} />
      </span>
      <span role="cell" className="number ink2">
        {count(spans)}
      </span>
      <span role="cell" className={errors > 0 ? 'number bad strong' : 'number ink3'}>
        {errors > 0 ? count(errors) : ''}
      </span>
    </Link>
  )
}
