// What can be done with the row under the pointer, over its end: nothing moves.

import type { LogRecord } from '../model/record'
import { CopyButton } from '../parts/copy'
import { Link } from '../parts/Link'
import { useView } from '../state/useView'
import { traceHref } from '../traces/address'

export interface RowActionsProps {
  readonly record: LogRecord
  readonly top: number
  readonly on: boolean
  readonly onAround: ((record: LogRecord) => void) | undefined
}

export function RowActions({ record, top, on, onAround }: RowActionsProps) {
  const view = useView()
  const { trace_id: trace, span_id: span } = record.raw
  return (
    <div className={on ? 'row-actions on' : 'row-actions'} style={{ top }}>
      {onAround !== undefined && (
        <button type="button" title="Lines around it, same source" onClick={() => onAround(record)}>
          Context
        </button>
      )}
      {typeof trace === 'string' && (
        <Link title="The request in which this was written" href={traceHref(view, trace, typeof span === 'string' ? span : undefined)}>
          Trace
        </Link>
      )}
      <CopyButton className="" text={record.message}>
        Copy
      </CopyButton>
    </div>
  )
}
