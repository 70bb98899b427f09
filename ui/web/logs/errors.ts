// The next error before or behind a line: among those that are here, or from the server.

import { searchLogs } from '../api/client'
import { filterPart } from '../model/query'
import { isError, type LogRecord, type RecordKey } from '../model/record'
import { type Nanos, rfc3339Nanos } from '../model/time'
import type { Asked } from './copies'

/** Errors of the line's own nanosecond that may stand before it. */
const SAME_TIME_MAX = 100

/** A place without a key is no line: an error at its very time counts. */
export async function nextError(
  { q, from, to }: Asked,
  line: { readonly key: RecordKey | undefined; readonly at: Nanos },
  by: 'later' | 'earlier',
  signal: AbortSignal,
): Promise<LogRecord | undefined> {
  const filter = filterPart(q)
  const errors = filter === '' ? 'severity:>=error' : `(${filter}) severity:>=error`
  const search = {
    q: errors,
    from: by === 'later' ? rfc3339Nanos(line.at) : from,
    to: by === 'earlier' ? rfc3339Nanos((line.at + 1n) as Nanos) : to,
  }
  const order = by === 'later' ? 'asc' : 'desc'
  const { records } = await searchLogs(search, { order, limit: SAME_TIME_MAX }, signal)
  return records[records.findIndex(({ key }) => key === line.key) + 1]
}

/** The same among rows, oldest first. */
export function nextErrorIn(rows: readonly LogRecord[], key: string | undefined, by: 'later' | 'earlier'): LogRecord | undefined {
  const at = rows.findIndex((row) => row.key === key)
  if (by === 'later') return rows.slice(at + 1).find(isError)
  return rows.slice(0, at < 0 ? rows.length : at).findLast(isError)
}
