// One row of the list. Text of logs reaches the page here, and only as text nodes.

import { memo } from 'react'
import type { Shorten } from '../model/names'
import { letter } from '../model/record'
import { clockIn } from '../model/zone'
import type { View } from '../state/view'
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
        <Column key={name} name={name} text={columnText(record, name)} shorten={look.shorten} />
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

function Column({ name, text, shorten }: { name: string; text: string; shorten: Shorten }) {
  const component = name === 'component'
  return (
    <span className={component ? 'column component' : 'column'} title={`${name}: ${text}`}>
      {component ? shorten(text) : text}
    </span>
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
