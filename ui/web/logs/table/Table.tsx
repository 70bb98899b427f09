// The table that a piped query makes, in place of the list. A head sorts by writing into the query, a
// group's value opens its lines; only the rows in sight are drawn.

import { type CSSProperties, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { TABLE_ROWS_MAX } from '../../model/limits'
import { seen } from '../../model/message'
import type { Json } from '../../model/record'
import type { Zone } from '../../model/zone'
import { CopyButton } from '../../parts/copy'
import { rowsInSight, type Sight } from '../../parts/window'
import { count } from '../words'
import { type Column, columnsOf, WIDTH_MAX } from './cells'
import { csv } from './csv'
import { groupFields, linesOf, sortedBy, sortOf } from './pipes'
import { Series } from './Series'
import './table.css'
import type { Result } from './useResult'

export interface TableProps {
  readonly result: Result
  /** As it stands in the address. */
  readonly q: string
  readonly zone: Zone
  readonly onQuery: (q: string) => void
  /** Opens the fields where they are a drawer. */
  readonly onFacets: () => void
}

export function Table({ result, q, zone, onQuery, onFacets }: TableProps) {
  const { table, phase } = result
  const columns = useMemo(() => (table === undefined ? [] : columnsOf(table, zone)), [table, zone])
  const fields = useMemo(() => groupFields(result.q), [result.q])
  if (table === undefined) return phase === 'loading' ? <Skeleton /> : null
  const { rows } = table
  const cut = table.coverage.limitedBy === 'rows' || rows.length >= TABLE_ROWS_MAX
  return (
    <div className={phase === 'loading' ? 'table former' : 'table'}>
      <div className="about">
        <button type="button" className="tool fields-button" onClick={onFacets}>
          Fields
        </button>
        <span className="strong">{rows.length === 1 ? '1 row' : `${count(rows.length)} rows`}</span>
        {cut && <span className="ink3">The query makes more rows; these are the first.</span>}
        <span className="grow" />
        {rows.length > 0 && (
          <CopyButton className="tool" text={() => csv(columns.map(({ name }) => name), rows)}>
            Copy as CSV
          </CopyButton>
        )}
      </div>
      <Series columns={columns} rows={rows} zone={zone} />
      {rows.length === 0 ? (
        <p className="none ink2">No line matches, so there is nothing to count.</p>
      ) : (
        <Grid columns={columns} rows={rows} q={q} fields={fields} onQuery={onQuery} />
      )}
    </div>
  )
}

interface GridProps {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Json[])[]
  readonly q: string
  readonly fields: ReadonlyMap<string, string>
  readonly onQuery: (q: string) => void
}

const ROW_PX = 28

function Grid({ columns, rows, q, fields, onQuery }: GridProps) {
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
              <Cell key={column.name} column={column} value={row[at] ?? null} q={q} field={fields.get(column.name)} onQuery={onQuery} />
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

interface CellProps {
  readonly column: Column
  readonly value: Json
  readonly q: string
  readonly field: string | undefined
  readonly onQuery: (q: string) => void
}

function Cell({ column, value, q, field, onQuery }: CellProps) {
  const text = column.read(value)
  const quiet = value === null || value === 0
  const classes = ['cut', column.numeric && 'number', quiet && 'ink3'].filter(Boolean).join(' ')
  const share = column.most === undefined || typeof value !== 'number' ? undefined : value / column.most
  return (
    <div role="cell" className={classes} title={typeof value === 'string' ? value : undefined}>
      {share !== undefined && <i className="share" style={{ width: `${share * 100}%` }} />}
      {field === undefined ? (
        <span>{text}</span>
      ) : (
        <button type="button" className="cut" title="The lines of this group" onClick={() => onQuery(linesOf(q, field, value))}>
          {text === '' ? 'empty' : text}
        </button>
      )}
    </div>
  )
}

function Skeleton() {
  return (
    <div className="table bones" aria-hidden="true">
      {Array.from({ length: 8 }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  )
}
