// What can be done with the row under the pointer, over its end: nothing moves.

import type { LogRecord } from '../model/record'
import { CopyButton } from '../parts/copy'

export interface RowActionsProps {
  readonly record: LogRecord
  readonly top: number
  readonly on: boolean
  readonly onAround: ((record: LogRecord) => void) | undefined
}

export function RowActions({ record, top, on, onAround }: RowActionsProps) {
  return (
    <div className={on ? 'row-actions on' : 'row-actions'} style={{ top }}>
      {onAround !== undefined && (
        <button type="button" title="Lines around it, same source" onClick={() => onAround(record)}>
          Context
        </button>
      )}
      <CopyButton className="" text={record.message}>
        Copy
      </CopyButton>
    </div>
  )
}
