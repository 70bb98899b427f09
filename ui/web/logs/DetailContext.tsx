// What the same source wrote right before and after a record.

import { useEffect, useState } from 'react'
import { context } from '../api/client'
import { DETAIL_CONTEXT_ROWS } from '../model/limits'
import { oneLine } from '../model/message'
import { isError, type LogRecord } from '../model/record'
import { squeeze } from '../model/squeeze'
import { clockIn, type Zone } from '../model/zone'
import { placeOfKey } from './copies'

export interface DetailContextProps {
  readonly record: LogRecord
  readonly zone: Zone
  readonly onShow: (record: LogRecord) => void
  readonly onAround: (record: LogRecord) => void
}

/** Characters that the panel has room for beside a time. */
const CHARS = 50

export function DetailContext({ record, zone, onShow, onAround }: DetailContextProps) {
  const records = useContextOf(record)
  return (
    <>
      <h2 className="row">
        <span className="grow">Around it, same source</span>
        <button type="button" className="act" onClick={() => onAround(record)}>
          More
        </button>
      </h2>
      {records === 'failed' ? (
        <p className="data ink3">The lines around it could not be loaded.</p>
      ) : (
        <ol className="context">
          {records.map((line) => (
            <li key={line.key} className={line.key === record.key ? 'on' : tone(line)} aria-current={line.key === record.key || undefined}>
              <button type="button" onClick={() => onShow(line)}>
                <span className="ink3">{clockIn(line.at, zone).slice(3)}</span>
                <span className="cut">{shown(line)}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </>
  )
}

function useContextOf(record: LogRecord): readonly LogRecord[] | 'failed' {
  const [records, setRecords] = useState<readonly LogRecord[] | 'failed'>([record])
  useEffect(() => {
    const asking = new AbortController()
    const { source, position } = placeOfKey(record.key)
    context(source, position, DETAIL_CONTEXT_ROWS, DETAIL_CONTEXT_ROWS, asking.signal).then(setRecords, () => {
      if (!asking.signal.aborted) setRecords('failed')
    })
    return () => asking.abort()
  }, [record])
  return records
}

function tone(record: LogRecord): string {
  return isError(record) ? 'bad' : record.severity === 'warn' ? 'warn' : ''
}

function shown({ message }: LogRecord): string {
  const text = oneLine(message)
  const squeezed = squeeze(text, CHARS)
  return squeezed === undefined ? text.slice(0, 2 * CHARS) : `${squeezed.head}⋯ ${squeezed.cause}`
}
