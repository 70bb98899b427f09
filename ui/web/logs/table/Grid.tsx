// The rows of a table. A head sorts by writing into the query, a group's value or a bin of time opens its
// lines; only the rows in sight are drawn.

import { type CSSProperties, useCallback, useEffect, useRef, useState } from 'react'
import { seen } from '../../model/message'
import type { Json } from '../../model/record'
import { type Nanos, parseTime, rfc3339Nanos } from '../../model/time'
import { rowsInSight, type Sight } from '../../parts/window'
import { type Column, WIDTH_MAX } from './cells'
import { type Bin, linesOf, sortedBy, sortOf } from './pipes'

export interface GridProps {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Json[])[]
  /** As it stands in the address. */
  readonly q: string
  readonly groups: { readonly fields: ReadonlyMap<string, string>; readonly bin: Bin | undefined }
  readonly onQuery: (q: string) => void
  /** Shows the lines of a time. */
  readonly onTime: (from: string, to: string) => void
}

const ROW_PX = 28

export function Grid({ columns, rows, q, groups: { fields, bin }, onQuery, onTime }: GridProps) {
  const box = useRef<HTMLDivElement>(null)
  const [sight, setSight] = useState<Sight>({ top: 0, height: 0 })
  const look = useCallback(() => {
    if (box.current !== null) setSight({ top: box.current.scrollTop, height: box.current.clientHeight })
  }, [])
  useEffect(() => {
    if (box.current === null) return
    const observer = new ResizeObserver(look)
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [look])
  useEffect(() => {
    box.current?.scrollTo({ top: 0 })
  }, [rows])
  const opens = (column: Column, value: Json) => {
    const field = fields.get(column.name)
    if (field !== undefined) return () => onQuery(linesOf(q, field, value))
    const from = bin?.column === column.name && typeof value === 'string' ? parseTime(value) : undefined
    if (bin === undefined || from === undefined) return undefined
    return () => onTime(rfc3339Nanos(from), rfc3339Nanos((from + bin.length) as Nanos))
  }
  const [first, last] = rowsInSight(sight, ROW_PX, rows.length)
  const grid: CSSProperties = { gridTemplateColumns: columns.map(track).join(' ') }
  return (
    <div ref={box} className="grid scroll" role="table" aria-label="Result" aria-rowcount={rows.length + 1} tabIndex={0} onScroll={look}>
      <div className="head" role="row" aria-rowindex={1} style={grid}>
        {columns.map((column) => (
          <Head key={column.name} column={column} q={q} onQuery={onQuery} />
        ))}
      </div>
      <div className="rows" role="rowgroup" style={{ height: rows.length * ROW_PX }}>
        {rows.slice(first, last).map((row, offset) => (
          <div
            key={first + offset}
            className="one"
            role="row"
            aria-rowindex={first + offset + 2}
            style={{ ...grid, top: (first + offset) * ROW_PX }}
          >
            {columns.map((column, at) => (
              <Cell key={column.name} column={column} value={row[at] ?? null} onOpen={opens(column, row[at] ?? null)} />
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

/** In characters: numbers keep their width, texts share what is left. */
function track({ numeric, type, width }: Column): string {
  const fixed = numeric || type === 'time' || type === 'bool'
  if (fixed) return `calc(${width + 1}ch + 24px)`
  return `minmax(${Math.min(width, 16)}ch, ${width < WIDTH_MAX ? `${width + 4}ch` : '1fr'})`
}

function Head({ column: { name, numeric }, q, onQuery }: { column: Column; q: string; onQuery: (q: string) => void }) {
  const sort = sortOf(q)
  const on = sort?.column === name
  return (
    <div role="columnheader" className={numeric ? 'number' : ''} aria-sort={!on ? undefined : sort.descending ? 'descending' : 'ascending'}>
      <button type="button" className="cut" title={`Sort by ${name}`} onClick={() => onQuery(sortedBy(q, name, numeric))}>
        {seen(name)}
        {on && (sort.descending ? ' ↓' : ' ↑')}
      </button>
    </div>
  )
}

/** `onOpen`: shows the lines behind a value, where it stands for some. */
function Cell({ column, value, onOpen }: { column: Column; value: Json; onOpen: (() => void) | undefined }) {
  const text = column.read(value)
  const quiet = value === null || value === 0
  const classes = ['cut', column.numeric && 'number', quiet && 'ink3'].filter(Boolean).join(' ')
  const share = column.most === undefined || typeof value !== 'number' ? undefined : value / column.most
  return (
    <div role="cell" className={classes} title={typeof value === 'string' ? value : undefined}>
      {share !== undefined && <i className="share" style={{ width: `${share * 100}%` }} />}
      {onOpen === undefined ? (
        <span>{text}</span>
      ) : (
        <button type="button" className="cut" title="Show its lines" onClick={onOpen}>
          {text === '' ? 'empty' : text}
        </button>
      )}
    </div>
  )
}
