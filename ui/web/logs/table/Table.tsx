// What a piped query makes, in place of the list: how many rows, how complete; their course over time; the
// rows.

import { useMemo } from 'react'
import type { Table as Answered } from '../../api/client'
import { TABLE_ROWS_MAX } from '../../model/limits'
import type { Zone } from '../../model/zone'
import { CopyButton } from '../../parts/copy'
import { count, coverageSentence, elapsedPhrase } from '../words'
import { columnsOf } from './cells'
import { csv } from './csv'
import { Grid, type GridProps } from './Grid'
import { binOf, groupFields } from './pipes'
import { Series } from './Series'
import './table.css'
import type { Result } from './useResult'

export interface TableProps extends Pick<GridProps, 'q' | 'onQuery' | 'onTime'> {
  readonly result: Result
  readonly zone: Zone
  /** Opens the fields where they are a drawer. */
  readonly onFacets: () => void
}

export function Table({ result, q, zone, onQuery, onTime, onFacets }: TableProps) {
  const { table, phase } = result
  const columns = useMemo(() => (table === undefined ? [] : columnsOf(table, zone)), [table, zone])
  const groups = useMemo(() => ({ fields: groupFields(result.q), bin: binOf(result.q) }), [result.q])
  if (table === undefined) return phase === 'loading' ? <Skeleton /> : null
  const { rows } = table
  const cut = table.coverage.limitedBy === 'rows' || rows.length >= TABLE_ROWS_MAX
  const words = aboutWords(table, zone)
  return (
    <div className={phase === 'loading' ? 'table former' : 'table'}>
      <div className="about">
        <button type="button" className="tool fields-button" onClick={onFacets}>
          Fields
        </button>
        <span className="strong">{rows.length === 1 ? '1 row' : `${count(rows.length)} rows`}</span>
        {cut && <span className="ink3">The query makes more rows; these are the first.</span>}
        <span className="ink3 cut grow" title={words}>
          {words}
        </span>
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
        <Grid columns={columns} rows={rows} q={q} groups={groups} onQuery={onQuery} onTime={onTime} />
      )}
    </div>
  )
}

/** How fast, and how complete; that rows were cut is said for itself. */
function aboutWords({ coverage, elapsedMs }: Answered, zone: Zone): string {
  const others = coverage.limitedBy === 'rows' ? { ...coverage, limitedBy: undefined } : coverage
  return `${elapsedMs === undefined ? '' : `${elapsedPhrase(elapsedMs)}. `}${coverageSentence(others, zone)}`
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
