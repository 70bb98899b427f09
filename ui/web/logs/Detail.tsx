// One record, whole: its message as written, its fields, its text to take along.

import { innerMessage } from '../model/message'
import { isError, type LogRecord } from '../model/record'
import { millis } from '../model/time'
import { CopyButton } from '../parts/copy'
import { Mark } from '../parts/Mark'
import { changeView } from '../state/useView'
import { permalink, type View, viewHref, withTerm } from '../state/view'
import { type Field, fieldsOf } from './fields'

export interface DetailProps {
  readonly record: LogRecord
  readonly view: View
  readonly onStep: (by: 1 | -1) => void
  readonly onClose: () => void
}

export function Detail({ record, view, onStep, onClose }: DetailProps) {
  const inner = innerMessage(record.message)
  const said = record.severity === 'unset' ? 'line' : record.severity
  const mark = isError(record) ? 'failing' : record.severity === 'warn' ? 'warning' : 'plain'
  const link = () => location.origin + viewHref(permalink(view, record.key, millis(record.at)))
  return (
    <aside className="detail scroll" aria-label="Line">
      <header>
        <Mark of={mark} />
        <span className="strong cut">
          {said} in {record.component}
        </span>
        <span className="grow" />
        <button type="button" className="tool" title="Previous: k" aria-label="Previous line" onClick={() => onStep(-1)}>
          ↑
        </button>
        <button type="button" className="tool" title="Next: j" aria-label="Next line" onClick={() => onStep(1)}>
          ↓
        </button>
        <button type="button" className="tool" onClick={onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </header>
      <pre>{inner ?? record.message}</pre>
      {inner !== undefined && (
        <>
          <h2>As written</h2>
          <pre>{record.message}</pre>
        </>
      )}
      <h2>Fields</h2>
      <dl className="fields">
        {fieldsOf(record).map((field) => (
          <FieldRow key={field.name} field={field} q={view.q} />
        ))}
      </dl>
      <h2>Copy as</h2>
      <div className="row data copies">
        <CopyButton className="tool" text={record.message}>
          Text
        </CopyButton>
        <CopyButton className="tool" text={() => JSON.stringify(record.raw)}>
          JSON
        </CopyButton>
        <CopyButton className="tool" text={link}>
          Link
        </CopyButton>
      </div>
    </aside>
  )
}

function FieldRow({ field, q }: { field: Field; q: string }) {
  const filter = (not: boolean) => changeView({ q: withTerm(q, field.name, field.value, not) })
  return (
    <div>
      <dt className="cut" title={field.name}>
        {field.name}
      </dt>
      <dd>
        <span className="cut value" title={field.value}>
          {field.shown}
          {field.note !== undefined && <span className="ink3"> {field.note}</span>}
        </span>
        <span className="acts">
          {field.filters && (
            <>
              <button type="button" title="Only this" aria-label={`Only ${field.name} ${field.value}`} onClick={() => filter(false)}>
                +
              </button>
              <button type="button" title="Without this" aria-label={`Without ${field.name} ${field.value}`} onClick={() => filter(true)}>
                −
              </button>
            </>
          )}
          <CopyButton className="" text={field.value}>
            Copy
          </CopyButton>
        </span>
      </dd>
    </div>
  )
}
