// One row of the list. Text of logs reaches the page here, and only as text nodes.

import { memo } from 'react'
import type { Shorten } from '../model/names'
import { type Json, letter, type LogRecord } from '../model/record'
import { clockIn } from '../model/zone'
import { Link } from '../parts/Link'
import { parseView, type View } from '../state/view'
import { traceHref } from '../traces/address'
import type { Line } from './lines'
import { columnText, messagePieces } from './rowText'
import { Text } from './Text'

/** How all rows of a list look. */
export interface RowLook {
  readonly columns: readonly string[]
  /** What is left of a component's name. */
  readonly shorten: Shorten
  readonly wrap: boolean
  readonly zone: View['zone']
  /** Whether there is room for dates: the range has more than one day. */
  readonly dated: boolean
  /** What finds the searched words. */
  readonly terms: RegExp | undefined
  /** Characters of a message that a row has room for. */
  readonly chars: number
}

export interface LogRowProps {
  readonly line: Line
  readonly index: number
  readonly top: number
  readonly height: number
  /** Where it is another one than in the row above. */
  readonly date: string | undefined
  readonly look: RowLook
  readonly on: boolean
}

export const LogRow = memo(function LogRow({ line, index, top, height, date, look, on }: LogRowProps) {
  if (line.kind !== 'record' && line.kind !== 'waiting') {
    return (
      <li className={`line ${line.kind === 'gap' ? 'gap' : 'between'}`} style={{ top, height }}>
        <span>{line.text}</span>
      </li>
    )
  }
  if (line.kind === 'waiting') {
    return (
      <li className="line waiting" style={{ top, height }}>
        <span className="bar" />
        <Time at={clockIn(line.at, look.zone)} date={date} dated={look.dated} />
      </li>
    )
  }
  const { record } = line
  return (
    <li
      className={`line ${record.severity}${on ? ' on' : ''}`}
      style={{ top, height }}
      data-index={index}
      aria-current={on || undefined}
    >
      <span className="bar" />
      <Time at={clockIn(record.at, look.zone)} date={date} dated={look.dated} />
      <span className="letter" title={record.severity}>
        {letter(record.severity)}
      </span>
      {look.columns.map((name) => (
        <Column key={name} name={name} text={columnText(record, name)} shorten={look.shorten} record={record} />
      ))}
      <span className="message">
        <Text pieces={messagePieces(record.message, look.chars, look.wrap, look.terms)} />
      </span>
    </li>
  )
}, sameRow)

function Time({ at, date, dated }: { at: string; date: string | undefined; dated: boolean }) {
  return (
    <>
      {dated && <span className="date">{date}</span>}
      <span className="time">
        <s>{at.slice(0, 6)}</s>
        {at.slice(6)}
      </span>
    </>
  )
}

interface ColumnProps {
  readonly name: string
  readonly text: string
  readonly shorten: Shorten
  readonly record: LogRecord
}

function Column({ name, text, shorten, record }: ColumnProps) {
  const component = name === 'component'
  if (name === 'trace_id' && typeof record.raw.trace_id === 'string') return <TraceColumn id={record.raw.trace_id} text={text} span={record.raw.span_id} />
  return (
    <span className={component ? 'column component' : 'column'} title={`${name}: ${text}`}>
      {component ? shorten(text) : text}
    </span>
  )
}

/** Leads to the trace; a click on the rest of the row opens the line. */
function TraceColumn({ id, text, span }: { id: string; text: string; span: Json | undefined }) {
  const href = traceHref(parseView(location.search), id, typeof span === 'string' ? span : undefined)
  return (
    <Link className="column" tabIndex={-1} title={`trace_id: ${text}`} href={href} onClick={(event) => event.stopPropagation()}>
      {text}
    </Link>
  )
}

function sameRow(a: LogRowProps, b: LogRowProps): boolean {
  const placed = a.index === b.index && a.top === b.top && a.height === b.height && a.on === b.on
  return placed && a.date === b.date && a.look === b.look && sameLine(a.line, b.line)
}

function sameLine(a: Line, b: Line): boolean {
  if (a.kind !== b.kind || a.id !== b.id) return false
  if (a.kind === 'record') return b.kind === 'record' && a.record === b.record
  if (a.kind === 'waiting') return b.kind === 'waiting' && a.at === b.at
  return a.text === (b as typeof a).text
}
