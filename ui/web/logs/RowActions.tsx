// What can be done with the row under the pointer, over its end: nothing moves.

import type { LogRecord } from '../model/record'
import { requestOf } from '../model/request'
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
  const { trace, span } = requestOf(record)
  return (
    <div className={on ? 'row-actions on' : 'row-actions'} style={{ top }}>
      {onAround !== undefined && (
        <button type="button" title="Lines around it, same source" onClick={() => onAround(record)}>
          Context
        </button>
      )}
      {trace !== undefined && (
        <Link title="The request in which this was written" href={traceHref(view, trace, span)}>
          Trace
        </Link>
      )}
      <CopyButton className="" text={record.message}>
        Copy
      </CopyButton>
    </div>
  )
}
