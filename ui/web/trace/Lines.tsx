// What was written during a trace, in order. A line leads to the span that wrote it, and to its place among
// the lines of the Logs page.

import { TRACE_LINES_MAX } from '../model/limits'
import type { Shorten } from '../model/names'
import { letter, type LogRecord } from '../model/record'
import { oneLine } from '../model/message'
import { linesQuery, requestOf } from '../model/request'
import { type Nanos, millis } from '../model/time'
import { Link } from '../parts/Link'
import { permalink, type View, viewHref } from '../state/view'
import { count } from '../logs/words'
import { messagePieces } from '../logs/rowText'
import { Text } from '../logs/Text'
import { offset } from './offset'

export interface LinesProps {
  readonly logs: readonly LogRecord[]
  readonly begin: Nanos
  readonly traceId: string
  readonly chosen: string | undefined
  readonly shorten: Shorten
  readonly view: View
  /** Characters that a message has room for. */
  readonly chars: number
  readonly onSpan: (span: string) => void
}

export function Lines({ logs, begin, traceId, chosen, shorten, view, chars, onSpan }: LinesProps) {
  const shown = logs.slice(0, TRACE_LINES_MAX)
  return (
    <section className="trace-lines scroll" aria-label="Lines of this trace" tabIndex={0}>
      <p className="label">{headline(logs.length)}</p>
      <ol>
        {shown.map((record) => {
          const { span } = requestOf(record)
          return (
            <li key={record.key} className={`line ${record.severity}${span !== undefined && span === chosen ? ' on' : ''}`} onClick={() => span !== undefined && onSpan(span)}>
              <span className="bar" />
              <Link className="time" href={lineHref(record, view, traceId)} title="Show it in Logs" onClick={(event) => event.stopPropagation()}>
                {offset(record.at, begin)}
              </Link>
              <span className="letter">{letter(record.severity)}</span>
              <span className="column component" title={record.component}>
                {shorten(record.component)}
              </span>
              <span className="message">
                <Text pieces={messagePieces(record.message, chars, false, undefined)} />
              </span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function headline(lines: number): string {
  if (lines === 0) return 'No line was written with this trace’s id.'
  if (lines > TRACE_LINES_MAX) return `The first ${count(TRACE_LINES_MAX)} of ${count(lines)} lines of this trace`
  return lines === 1 ? 'The line of this trace' : `All ${count(lines)} lines of this trace`
}

/** A line in the detail of its span: its message may have several lines here. */
export function SpanLine({ record, begin, view, traceId }: { record: LogRecord; begin: Nanos; view: View; traceId: string }) {
  return (
    <li className={record.severity}>
      <Link className="mono ink3" href={lineHref(record, view, traceId)} title="Show it in Logs">
        {offset(record.at, begin)}
      </Link>
      <span className="mono said">{oneLine(record.message)}</span>
    </li>
  )
}

/** The line on the Logs page, open, among the others of its trace. */
export function lineHref(record: LogRecord, view: View, traceId: string): string {
  const q = linesQuery(traceId)
  return viewHref({ ...permalink(view, record.key, millis(record.at)), q, order: 'oldest', around: undefined, brush: undefined })
}
