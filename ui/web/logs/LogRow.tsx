// One row of the list. Text of logs reaches the page here, and only as text nodes.

import { memo } from 'react'
import { oneLine } from '../model/message'
import { letter, type LogRecord } from '../model/record'
import { clock } from '../model/time'
import type { ListItem } from './items'

export interface LogRowProps {
  readonly item: ListItem
  readonly top: number
  readonly on: boolean
  readonly onOpen: (record: LogRecord) => void
}

export const LogRow = memo(function LogRow({ item, top, on, onOpen }: LogRowProps) {
  if (item.kind === 'gap') {
    return (
      <li className="line gap" style={{ top }}>
        <span>{item.text}</span>
      </li>
    )
  }
  if (item.kind === 'mark') {
    return (
      <li className="line between" style={{ top }}>
        {item.text}
      </li>
    )
  }
  const { record } = item
  const time = clock(record.at)
  return (
    <li
      className={`line ${record.severity}${on ? ' on' : ''}`}
      style={{ top }}
      aria-current={on || undefined}
      onClick={() => onOpen(record)}
    >
      <span className="bar" />
      <span className="time">
        <s>{time.slice(0, 6)}</s>
        {time.slice(6)}
      </span>
      <span className="letter">{letter(record.severity)}</span>
      <span className="component" title={record.component}>
        {record.component}
      </span>
      <span className="message">{oneLine(record.message)}</span>
    </li>
  )
})
