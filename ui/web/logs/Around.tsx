// A record among what its source wrote before and after it, whatever the query asks for. More is loaded
// when an end comes in sight.

import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { context, type Fault, toFault } from '../api/client'
import { AROUND_ROWS, AROUND_ROWS_MAX } from '../model/limits'
import type { LogRecord } from '../model/record'
import { type Nanos } from '../model/time'
import { clockIn } from '../model/zone'
import type { View } from '../state/view'
import { placeOfKey } from './copies'
import { type Between, type Lines, linesOfRows, rowsOfList } from './lines'
import { LogList, type LogListProps } from './LogList'
import type { ListHandle } from './useScroller'
import { capital, sentence } from './words'

export interface AroundProps extends Pick<LogListProps, 'look' | 'chosen' | 'onOpen'> {
  readonly handle: RefObject<ListHandle | null>
  /** `source:position` */
  readonly around: string
  readonly order: View['order']
  readonly onLines: (lines: Lines) => void
  readonly onBack: () => void
}

interface Surroundings {
  readonly rows: readonly LogRecord[]
  /** Whether the source wrote more before and after. */
  readonly moreBefore: boolean
  readonly moreAfter: boolean
  readonly fault: Fault | undefined
}

const NONE: Surroundings = { rows: [], moreBefore: true, moreAfter: true, fault: undefined }

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

function useSurroundings(around: string): Surroundings & { more(first: number, last: number): void } {
  const [held, setHeld] = useState(NONE)
  const asking = useRef(new AbortController())
  const busy = useRef(false)
  const load = useCallback(async (key: string, before: number, after: number) => {
    if (busy.current) return
    busy.current = true
    const { signal } = asking.current
    const { source, position } = placeOfKey(key)
    try {
      const records = await context(source, position, before, after, signal)
      if (!signal.aborted) setHeld((now) => grown(now, records, key, before, after))
    } catch (error) {
      if (!signal.aborted) setHeld((now) => ({ ...now, fault: toFault(error), moreBefore: false, moreAfter: false }))
    }
    busy.current = false
  }, [])
  useEffect(() => {
    asking.current = new AbortController()
    busy.current = false
    setHeld(NONE)
    void load(around, AROUND_ROWS, AROUND_ROWS)
    return () => asking.current.abort()
  }, [around, load])
  const { rows, moreBefore, moreAfter } = held
  const more = useCallback(
    (first: number, last: number) => {
      const [oldest, newest] = [rows[0], rows.at(-1)]
      if (oldest === undefined || newest === undefined || rows.length >= AROUND_ROWS_MAX) return
      if (moreBefore && first < AROUND_ROWS / 4) void load(oldest.key, AROUND_ROWS, 0)
      else if (moreAfter && last > rows.length - AROUND_ROWS / 4) void load(newest.key, 0, AROUND_ROWS)
    },
    [rows, moreBefore, moreAfter, load],
  )
  return { ...held, more }
}

/** With what came before and after a row that is there. */
function grown(now: Surroundings, records: readonly LogRecord[], key: string, before: number, after: number): Surroundings {
  const at = records.findIndex((record) => record.key === key)
  const known = new Set(now.rows.map((row) => row.key))
  const earlier = records.slice(0, Math.max(0, at)).filter((record) => !known.has(record.key))
  const later = records.slice(Math.max(0, at)).filter((record) => !known.has(record.key))
  return {
    rows: [...earlier, ...now.rows, ...later],
    moreBefore: before > 0 ? at === before : now.moreBefore,
    moreAfter: after > 0 ? records.length - at - 1 === after : now.moreAfter,
    fault: undefined,
  }
}
