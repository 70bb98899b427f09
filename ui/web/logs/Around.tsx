// A record among what its source wrote before and after it, whatever the query asks for. More is loaded
// when an end comes in sight.

import { type RefObject, useEffect, useMemo } from 'react'
import type { LogRecord } from '../model/record'
import { type Nanos } from '../model/time'
import { clockIn } from '../model/zone'
import type { View } from '../state/view'
import { type Between, type Lines, linesOfRows, rowsOfList } from './lines'
import { LogList, type LogListProps } from './LogList'
import type { ListHandle } from './useScroller'
import { useSurroundings } from './useSurroundings'
import { capital, sentence } from './words'

export interface AroundProps extends Pick<LogListProps, 'look' | 'chosen' | 'onOpen'> {
  readonly handle: RefObject<ListHandle | null>
  /** `source:position` */
  readonly around: string
  readonly order: View['order']
  readonly onLines: (lines: Lines) => void
  readonly onBack: () => void
}

export function Around({ around, order, look, chosen, handle, onOpen, onLines, onBack }: AroundProps) {
  const { rows, moreBefore, moreAfter, fault, more } = useSurroundings(around)
  const lines = useMemo(() => {
    return linesOfRows(rowsOfList(rows), ends(rows, moreBefore, moreAfter), order)
  }, [rows, moreBefore, moreAfter, order])
  useEffect(() => onLines(lines), [onLines, lines])
  const here = rows.find(({ key }) => key === around)
  useEffect(() => {
    if (here !== undefined) handle.current?.show(here, 'middle')
  }, [here, handle])
  return (
    <section className="around" aria-label="Around a line">
      <header>
        <button type="button" className="tool edge" onClick={onBack}>
          Back <kbd>Esc</kbd>
        </button>
        <span className="cut">
          {here !== undefined && `All that its source wrote around ${clockIn(here.at, look.zone)}, whatever the query asks for`}
          {fault !== undefined && capital(sentence(fault.message))}
        </span>
      </header>
      <LogList
        lines={lines}
        turn={0}
        order={order}
        look={look}
        chosen={chosen ?? around}
        label="Lines of the same source"
        handle={handle}
        onOpen={onOpen}
        onAround={undefined}
        onAway={() => undefined}
        onSight={more}
      />
    </section>
  )
}

function ends(rows: readonly LogRecord[], moreBefore: boolean, moreAfter: boolean): readonly Between[] {
  const first = rows[0]
  if (first === undefined) return []
  const above = moreBefore ? 'Earlier lines are on their way' : 'This is where the source begins'
  const below = moreAfter ? 'Later lines are on their way' : 'This is where the source ends so far'
  return [
    { at: (first.at - 1n) as Nanos, kind: 'mark', id: 'begin', text: above },
    { at: undefined, kind: 'mark', id: 'end', text: below },
  ]
}
