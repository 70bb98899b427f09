// One record, whole: its message as written, its trace, its fields, what its source wrote around it, its
// text to take along.

import { innerMessage, seen, wholeSegments } from '../model/message'
import { isError, type LogRecord } from '../model/record'
import { linesQuery, requestOf } from '../model/request'
import { millis } from '../model/time'
import { CopyButton } from '../parts/copy'
import { Link } from '../parts/Link'
import { Mark } from '../parts/Mark'
import type { Question } from '../state/question'
import { changeView } from '../state/useView'
import { permalink, type View, viewHref } from '../state/view'
import { traceHref } from '../traces/address'
import { curlCommand, searchCommand } from './copies'
import { DetailContext } from './DetailContext'
import { DetailPattern } from './DetailPattern'
import { FieldRow } from './FieldRow'
import { fieldsOf } from './fields'
import { pieces } from './rowText'
import { Text } from './Text'

export interface DetailProps {
  readonly record: LogRecord
  readonly view: View
  readonly question: Question
  readonly onStep: (by: 1 | -1) => void
  readonly onShow: (record: LogRecord) => void
  readonly onAround: (record: LogRecord) => void
  readonly onClose: () => void
}

export function Detail({ record, view, question, onStep, onShow, onAround, onClose }: DetailProps) {
  const inner = innerMessage(record.message)
  const { trace, span } = requestOf(record)
  return (
    <aside className="detail scroll" aria-label="Line">
      <Head record={record} onStep={onStep} onClose={onClose} />
      <Message text={inner ?? record.message} />
      {inner !== undefined && (
        <>
          <h2>As written</h2>
          <Message text={record.message} />
        </>
      )}
      {trace !== undefined && <Trace view={view} id={trace} span={span} />}
      <h2>Fields</h2>
      <dl className="fields">
        {fieldsOf(record, view.zone).map((field) => (
          <FieldRow key={field.name} field={field} q={view.q} trace={field.name === 'trace_id' ? traceHref(view, field.value) : undefined} />
        ))}
      </dl>
      <DetailPattern record={record} view={view} question={question} />
      <DetailContext record={record} zone={view.zone} onShow={onShow} onAround={onAround} />
      <h2>Copy as</h2>
      <Copies record={record} view={view} />
    </aside>
  )
}

function Head({ record, onStep, onClose }: Pick<DetailProps, 'record' | 'onStep' | 'onClose'>) {
  const said = record.severity === 'unset' ? 'line' : record.severity
  const mark = isError(record) ? 'failing' : record.severity === 'warn' ? 'warning' : 'plain'
  return (
    <header>
      <Mark of={mark} />
      <span className="strong cut">
        {said} in {seen(record.component || 'unknown')}
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
  )
}

function Message({ text }: { text: string }) {
  return (
    <pre tabIndex={0}>
      <Text pieces={wholeSegments(text).flatMap((segment) => pieces(segment, undefined))} />
    </pre>
  )
}

/** The request in which the line was written: as a waterfall, at the span that wrote it, or as its lines. */
function Trace({ view, id, span }: { view: View; id: string; span: string | undefined }) {
  return (
    <>
      <h2>Trace</h2>
      <p className="row data">
        <Link className="act mono" title={seen(id)} href={traceHref(view, id, span)}>
          {seen(id.slice(0, 16))}
        </Link>
        <span className="ink3">the request in which this was written</span>
        <span className="grow" />
        <button type="button" className="act" onClick={() => changeView({ q: linesQuery(id) })}>
          Its lines
        </button>
      </p>
    </>
  )
}

function Copies({ record, view }: { record: LogRecord; view: View }) {
  const { origin } = location
  const link = () => origin + viewHref(permalink(view, record.key, millis(record.at)))
  return (
    <div className="row data copies">
      <CopyButton className="act" text={record.message}>
        Text
      </CopyButton>
      <CopyButton className="act" text={() => JSON.stringify(record.raw)}>
        JSON
      </CopyButton>
      <CopyButton className="act" text={link}>
        Link
      </CopyButton>
      <CopyButton className="act" text={() => curlCommand(origin, record)}>
        curl
      </CopyButton>
      <CopyButton className="act" text={() => searchCommand(origin, view.q, record.at)}>
        nilometer search
      </CopyButton>
    </div>
  )
}
